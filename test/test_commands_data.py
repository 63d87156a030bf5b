# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a command did not use of its data sets is counted in its last line and listed on demand."""

import json

from dataset_files import cut, made_image, stored_depth, text, write
from dataset_kinds import made
import numpy as np
import pytest
from test_datasets_bag import SECOND, START, camera_info, camera_topics, image, write_bag

from depth_distill_ros.apps.bench.preset import small
from depth_distill_ros.apps.bench.runner import Bench
from depth_distill_ros.apps.cli import main
from depth_distill_ros.shipped import shipped_teacher


@pytest.fixture
def drifting(tmp_path):
    """Return a bag of six images whose depth comes at half the rate."""
    stamps = [START + n * SECOND // 10 for n in range(6)]
    return 'bag:' + str(write_bag(tmp_path / 'drifting', {
        '/image': [(stamp, image(made_image(n), 'rgb8', stamp)) for n, stamp in enumerate(stamps)],
        '/camera_info': [(stamp, camera_info(stamp, np.nan)) for stamp in stamps],
        '/depth': [(stamp, image(stored_depth(n), '16UC1', stamp))
                   for n, stamp in enumerate(stamps) if n % 2]}))


@pytest.fixture
def two_of_three(tmp_path):
    """Return a TUM sequence whose last image has no depth at its time."""
    spec = made('tum', tmp_path / 'tum')
    text(tmp_path / 'tum' / 'depth.txt', '0.0 depth/0.png\n1.01 depth/1.png\n2.5 depth/2.png\n')
    return spec


def evaluated(data, *words):
    return main(['evaluate', '--model', 'constant', '--data', data, '--device', 'cpu', *words])


def test_images_without_depth_at_their_time_are_counted_by_reason(drifting, two_of_three, capsys):
    assert evaluated(drifting) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith('3 frames, 0 skipped')
    assert '3 images left out (3: no message of /depth of its own within 0.02 s)' in last
    assert '/camera_info: ' in last
    assert evaluated(two_of_three) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert '2 frames, 0 skipped' in last
    assert '1 image left out (1: no depth map of its own within 0.02 s)' in last
    assert evaluated(two_of_three, '--json') == 0
    assert json.loads(capsys.readouterr().out)['left_out'] == {
        'no depth map of its own within 0.02 s': 1}


def test_each_image_that_was_not_used_is_listed_on_demand(two_of_three, tmp_path, capsys):
    write(tmp_path / 'tum' / 'depth' / '1.png', np.zeros((24, 32), np.uint16))
    assert evaluated(two_of_three, '--per-image') == 0
    lines = capsys.readouterr().err.splitlines()
    assert 'left out: tum/2.0: no depth map of its own within 0.02 s' in lines
    assert 'skipped: tum/1.0: no valid depth in the evaluated part of the image' in lines


def test_a_constant_needs_no_focal_length_and_is_shown_for_both_columns(tmp_path, capsys):
    for n, depth in enumerate((2000, 3000, 4000)):
        write(tmp_path / 'data' / 'image' / f'{n}.png', made_image(n))
        write(tmp_path / 'data' / 'depth' / f'{n}.png', np.full((24, 32), depth, np.uint16))
    data = f'folder:{tmp_path}/data'
    assert evaluated(data, '--scale-focal', '--json') == 0
    found = json.loads(capsys.readouterr().out)
    assert found['constant'] == pytest.approx(
        {'metric': 3.0, 'median_scaled': 3.0, 'least': 2.0, 'most': 4.0})
    assert found['median_scaled']['mae'] == pytest.approx(0, abs=1e-6)
    assert found['metrics']['mae'] == pytest.approx(2 / 3)
    assert evaluated(data, '--scale-focal') == 0
    assert ('constant depth 3.000 m; median-scaled: the median of each frame, 3.000 m on average, '
            'from 2.000 to 4.000 m') in capsys.readouterr().out


def test_depth_that_is_empty_everywhere_is_not_evaluated(tmp_path, capsys):
    spec = made('folder', tmp_path / 'data')
    for file in (tmp_path / 'data' / 'depth').iterdir():
        write(file, np.zeros((24, 32), np.uint16))
    assert evaluated(spec) == 1
    assert capsys.readouterr().err.count('\n') == 1


def trained(command, out, *words):
    start = ('--student-start', 'random', '--method', 'supervised') if command == 'distill' else ()
    return main([command, *start, '--out', str(out), '--size', '32', '48', '--batch', '2',
                 '--steps', '3', *words])


@pytest.mark.slow
@pytest.mark.parametrize(('command', 'key', 'kind', 'fill'), [
    ('distill', '--labelled', 'folder', 0), ('train', '--data', 'folder', 0),
    ('distill', '--labelled', 'nyu', 0), ('distill', '--labelled', 'nyu', 65535)])
def test_depth_that_is_empty_in_every_frame_trains_nothing(
        tmp_path, capsys, command, key, kind, fill):
    spec, whole = made(kind, tmp_path / 'data'), made('folder', tmp_path / 'whole')
    for file in (tmp_path / 'data').rglob('*.png'):
        if kind == 'nyu' or file.parent.name == 'depth':
            write(file, np.full((24, 32), fill, np.uint16))
    words = ['--evaluate', whole] if command == 'train' else []
    assert trained(command, tmp_path / 'out', key, spec, *words) == 1
    error = capsys.readouterr().err
    assert 'has no depth but 0, NaN and what lies beyond the range' in error
    assert not (tmp_path / 'out' / 'student').exists()


@pytest.mark.slow
def test_an_evaluation_without_depth_is_refused_before_the_training(tmp_path, capsys):
    whole, empty = made('folder', tmp_path / 'whole'), made('folder', tmp_path / 'empty')
    for file in (tmp_path / 'empty' / 'depth').iterdir():
        write(file, np.zeros((24, 32), np.uint16))
    assert trained('distill', tmp_path / 'out', '--labelled', whole, '--evaluate', empty) == 1
    error = capsys.readouterr().err
    assert f'{empty} cannot be used: ' in error and 'which an evaluation needs' in error
    assert not (tmp_path / 'out' / 'last.pt').exists()


def with_damaged_frames(kind, root):
    """Write a data set whose second and third frames are damaged; return it and their names."""
    if kind == 'bag':
        topics = camera_topics(6)
        for _, message in topics['/camera/image_raw'][2:]:
            message.data = message.data[:50]
        return f'bag:{write_bag(root, topics)}', ('/camera/image_raw at', 'truncated')
    spec = made(kind, root)
    cut(root / 'image' / '1.png')
    write(root / 'depth' / '2.png', stored_depth(2, (12, 16)))
    return spec, ('image/1.png is ', 'depth/2.png is (12, 16)')


@pytest.mark.parametrize('kind', ['folder', 'bag'])
def test_damaged_frames_are_left_out_of_an_evaluation_and_told(tmp_path, capsys, kind):
    spec, names = with_damaged_frames(kind, tmp_path / 'data')
    assert evaluated(spec, '--per-image') == 0
    printed = capsys.readouterr()
    last = printed.out.splitlines()[-1]
    assert last.startswith('1 frames, 0 skipped') and '2 frames could not be read and were' in last
    assert all(name in last for name in names)
    assert sum(line.startswith('skipped: ') for line in printed.err.splitlines()) == 2
    assert evaluated(spec, '--json') == 0
    found = json.loads(capsys.readouterr().out)
    assert found['frames'] == 1 and found['left_out']['could not be read'] == 2


def test_a_map_is_learned_from_the_frames_that_can_be_read(tmp_path, capsys):
    spec, names = with_damaged_frames('folder', tmp_path / 'data')
    assert main(['models', 'blind-map', '--data', spec, str(tmp_path / 'map.npz')]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert 'from 1 frames with depth of 3; 2 frames could not be read' in last
    assert all(name in last for name in names)
    other = made('folder', tmp_path / 'other')
    for number in range(3):
        write(tmp_path / 'other' / 'depth' / f'{number}.png', stored_depth(number + 9))
    assert evaluated(other, '--blind-map', spec) == 0
    assert names[1] in capsys.readouterr().out.splitlines()[-1]


def test_data_of_which_nothing_can_be_read_is_refused_with_an_example(tmp_path, capsys):
    spec = made('folder', tmp_path / 'data')
    for file in (tmp_path / 'data' / 'image').iterdir():
        cut(file)
    for command in (['evaluate', '--model', 'constant', '--data', spec],
                    ['models', 'blind-map', '--data', spec, str(tmp_path / 'map.npz')]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert 'none of 3 frames can be read; the last error: ' in error and '2.png' in error
        assert error.count('\n') == 1


@pytest.mark.slow
def test_a_damaged_frame_of_the_evaluation_stops_no_training(tmp_path, capsys):
    whole, other = made('folder', tmp_path / 'whole'), made('folder', tmp_path / 'other')
    cut(tmp_path / 'other' / 'image' / '2.png')
    words = ('--labelled', whole, '--evaluate', other, '--evaluate-every', '2')
    assert trained('distill', tmp_path / 'out', *words) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert '1 frame could not be read and was skipped: ' in last and 'other/image/2.png' in last


@pytest.mark.slow
def test_the_frames_that_a_training_skipped_are_named(tmp_path, capsys):
    spec = made('folder', tmp_path / 'data')
    (tmp_path / 'data' / 'image' / '0.png').write_bytes(b'\x89PNG half of it')
    write(tmp_path / 'data' / 'depth' / '2.png', stored_depth(2, (12, 16)))
    assert trained('distill', tmp_path / 'out', '--labelled', spec, '--per-image') == 0
    printed = capsys.readouterr()
    last = printed.out.splitlines()[-1]
    assert 'the student is' in last and '2 frames could not be read and were skipped: ' in last
    assert 'image/0.png is ' in last and 'depth/2.png is (12, 16)' in last
    assert sum(line.startswith('skipped: ') for line in printed.err.splitlines()) == 2


@pytest.mark.slow
def test_the_benchmark_tells_what_its_tables_did_not_use(two_of_three, tmp_path):
    bench = Bench(tmp_path / 'bench', small(), {}, None, print)
    for _ in range(2):
        bench._evaluate(str(shipped_teacher()), two_of_three, 'robot')
    assert bench.unused == [f'{two_of_three}: 1 image left out (1: no depth map of its own within '
                            '0.02 s)']
