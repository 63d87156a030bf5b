# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plain folders, a recording among them, the stream store, and how readers are opened."""

import json
import pickle
import shutil

from dataset_files import SIZE, assert_depth, assert_image, made_image, stored_depth, text, write
import numpy as np
import pytest
from recording import OFFICE, open_recording
from stream_frames import damage, fill, frame, python

from depth_distill_ros.datasets import DatasetError, help_text, open_reader
from depth_distill_ros.datasets.kinds import KINDS
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / 'plain, with comma'
    for number, suffix in ((2, 'jpg'), (10, 'png')):
        write(path / 'image' / f'{number}.{suffix}', made_image(number))
        write(path / 'depth' / f'{number}.png', stored_depth(number))
        write(path / 'semantics' / f'{number}.png', np.full(SIZE, number, np.uint8))
    text(path / 'K.txt', '30 0 15.5\n0 31 11.5\n0 0 1\n')
    text(path / 'image' / '.DS_Store', '')
    return path


def test_a_folder_gives_all_that_is_in_it(folder):
    reader = open_reader(f'folder:{folder}')
    assert [reader[i].name for i in range(len(reader))] == ['2', '10']
    sample = reader[1]
    assert_image(sample.image, 10, exact=True)
    assert_depth(sample.depth, stored_depth(10))
    assert np.all(sample.semantics == 10)
    assert sample.intrinsics == Intrinsics(30, 31, 15.5, 11.5, *SIZE)
    assert_depth(open_reader(f'folder:{folder},per_metre=5000')[0].depth, stored_depth(2), 5000)


def test_a_part_of_the_images_is_taken_in_the_order_of_their_names(folder):
    def names(frames):
        reader = open_reader(f'folder:{folder},frames={frames}')
        return [reader[i].name for i in range(len(reader))]

    assert (names('0:1'), names('1:'), names(':9')) == (['2'], ['10'], ['2', '10'])
    with pytest.raises(DatasetError, match='holds 2 images, none of them in frames=5:9'):
        names('5:9')


def test_images_alone_are_enough(folder):
    for part in ('depth', 'semantics'):
        shutil.rmtree(folder / part)
    (folder / 'K.txt').unlink()
    sample = open_reader(f'folder:{folder}')[0]
    assert (sample.depth, sample.semantics, sample.intrinsics, sample.right) == (None,) * 4
    text(folder / 'intrinsics.json', json.dumps({'fx': 30, 'fy': 31, 'cx': 15, 'cy': 12}))
    assert open_reader(f'folder:{folder}')[0].intrinsics == Intrinsics(30, 31, 15, 12, *SIZE)


def test_right_views_make_stereo_pairs(folder):
    for number in (2, 10):
        write(folder / 'right' / f'{number}.png', made_image(number + 1))
    assert_image(open_reader(f'folder:{folder}')[1].right, 11, exact=True)
    (folder / 'right' / '2.png').unlink()
    with pytest.raises(DatasetError, match=r'right lacks 1 of 2 files, the first being 2\.png'):
        open_reader(f'folder:{folder}')


def test_what_does_not_fit_together_is_refused(folder):
    write(folder / 'depth' / '2.png', stored_depth(2, (12, 16)))
    write(folder / 'semantics' / '10.png', np.full(SIZE, 14, np.uint8))
    reader = open_reader(f'folder:{folder}')
    with pytest.raises(DatasetError, match=r'depth/2.png is \(12, 16\) and its image \(24, 32'):
        reader[0]
    with pytest.raises(DatasetError, match='semantics/10.png: .* hold the values 14; the class'):
        reader[1]
    (folder / 'depth' / '2.png').unlink()
    with pytest.raises(DatasetError, match=r'depth lacks 1 of 2 files, the first being 2.png'):
        open_reader(f'folder:{folder}')
    shutil.rmtree(folder / 'depth')
    write(folder / 'image' / '10.jpg', made_image(1))
    with pytest.raises(DatasetError, match='holds two images named 10'):
        open_reader(f'folder:{folder}')
    text(folder / 'K.txt', 'fx 30')
    (folder / 'image' / '10.jpg').unlink()
    with pytest.raises(DatasetError, match='K.txt does not begin with 9 numbers'):
        open_reader(f'folder:{folder}')
    shutil.rmtree(folder / 'image')
    with pytest.raises(DatasetError, match=r'looked for .* or image/ .* it holds K.txt'):
        open_reader(f'folder:{folder}')


def test_a_folder_of_nothing_but_images_is_read(folder):
    reader = open_reader(f'folder:{folder}/image')
    assert [reader[number].name for number in range(len(reader))] == ['2', '10']
    assert reader[0].depth is None and reader[0].semantics is None


def test_a_recording_is_read():
    reader = open_recording()
    recorded = OFFICE.is_dir()
    assert len(reader) == (94 if recorded else 120)
    last = reader[93]
    assert last.size == ((360, 540) if recorded else (96, 128)) and last.image.std() > 20
    # the sensor of the recording leaves holes, the renderer none
    assert (0.5, 0.99)[not recorded] < np.isfinite(last.depth).mean() < (0.85, 1.01)[not recorded]
    assert 0.3 < np.nanmin(last.depth) and np.nanmax(last.depth) < 15
    assert last.intrinsics.fx == pytest.approx(495.567757 if recorded else 102.936332)


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp('store')
    fill(path, 70, 60)
    return path


def test_the_store_gives_the_frames_that_it_holds(store):
    reader = open_reader(f'store:{store}')
    assert len(reader) == 60
    sample, expected = reader[0], frame(10)
    assert sample.name == '000000000010' and sample.depth is None
    np.testing.assert_array_equal(sample.image, expected.image)
    np.testing.assert_array_equal(sample.semantics, expected.semantics)
    assert sample.intrinsics == expected.intrinsics
    train, held_out = (open_reader(f'store:{store},split={s}') for s in ('train', 'held-out'))
    assert (len(train), len(held_out)) == (38, 22) and held_out[0].name == sample.name
    with pytest.raises(IndexError):
        reader[60]


def test_a_reader_may_be_sent_to_another_process(store):
    code = ('import pickle, sys; reader = pickle.loads(bytes.fromhex(sys.stdin.read()));'
            'print(len(reader), reader[3].name)')
    process = python(code)
    output, errors = process.communicate(pickle.dumps(open_reader(f'store:{store}')).hex())
    assert output.split() == ['60', '000000000013'], errors


def test_a_reader_works_on_in_forked_processes_and_beside_another_one(store):
    code = ('import os, sys; from depth_distill_ros.datasets import open_reader;'
            'first, second = (open_reader("store:" + sys.argv[1]) for _ in range(2));'
            'child = os.fork();'
            'status = os.waitpid(child, 0)[1] if child else 0;'
            'print(first[3].name, second[4].name);'
            'sys.exit(os.waitstatus_to_exitcode(status))')
    process = python(code, store)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert output.split() == ['000000000013', '000000000014'] * 2


def test_a_damaged_frame_of_the_store_is_named(store, tmp_path):
    shutil.copytree(store, tmp_path / 'copy')
    damage(tmp_path / 'copy', 20)
    with pytest.raises(DepthDistillError, match='frame 20 is damaged'):
        open_reader(f'store:{tmp_path}/copy')[10]
    with pytest.raises(DepthDistillError, match='no stream store there yet'):
        open_reader(f'store:{tmp_path}')


@pytest.mark.parametrize(('wrong', 'said'), [
    ('nyu', 'write kind:path'),
    ('nyu:', 'write kind:path'),
    ('nyv:/data', r'"nyv" is not a kind of data set \(did you mean "nyu"\?\); choose among nyu, '),
    ('nyu:/data,spilt=test', r'unknown key "spilt" \(did you mean "split"\?\); its keys: split'),
    ('nyu:/data,split=val', 'split is "val"; choose among train, test'),
    ('nyu:/data,split=test,split=test', 'key "split" is given twice'),
    ('scannet:/data,every=0', 'every is "0": give a whole number of at least 1'),
    ('tum:/data,within=soon', 'within is "soon": could not convert'),
    ('folder:/data,frames=200', 'frames is "200": write FIRST:LAST'),
    ('folder:/data,per_metre=nan', 'per_metre is "nan": give a number above 0'),
])
def test_a_wrong_text_is_answered_with_the_choices(wrong, said):
    with pytest.raises(DatasetError, match=said):
        open_reader(wrong)


def test_the_help_names_every_kind_and_key():
    words = help_text()
    for name, kind in KINDS.items():
        assert f'  {name} ' in words and all(f'    {key}=' in words for key in kind.keys)
