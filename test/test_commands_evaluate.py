# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill evaluate prints and writes what it measured, and refuses what it cannot."""

import csv
from dataclasses import replace
import json

import cv2
import numpy as np
import pytest
import torch

from depth_distill_ros.apps.cli import main
from depth_distill_ros.apps.commands import evaluate as command
from depth_distill_ros.distillation.release_folders import publish
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.inference.sliding_window import sliding_window
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model
from depth_distill_ros.networks.scale_anchor import ScaleAnchor

FRAMES = 5
CARD = ModelCard('lden', 'mobilenetv2', (32, 64))


def predicts(metres):
    """Return a network that predicts one depth for every pixel."""
    network = build('lden', 'mobilenetv2').eval()
    with torch.no_grad():
        network.head[-1].weight.zero_()
        network.head[-1].bias.fill_(metres)
    return network


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp('models') / 'two_metres'
    save_model(folder, predicts(2.0), CARD)
    return folder


@pytest.fixture
def data(tmp_path):
    """Write frames of 2.0, 2.5, 3.0... metres, the last of them without any depth."""
    for part in ('image', 'depth'):
        (tmp_path / 'data' / part).mkdir(parents=True)
    for k in range(FRAMES):
        image = np.full((40, 80, 3), 30 * k, np.uint8)
        millimetres = np.full((40, 80), 2000 + 500 * k if k < FRAMES - 1 else 0, np.uint16)
        cv2.imwrite(str(tmp_path / 'data' / 'image' / f'{k}.png'), image)
        cv2.imwrite(str(tmp_path / 'data' / 'depth' / f'{k}.png'), millimetres)
    return f'folder:{tmp_path / "data"}'


def evaluate(model, data, *words):
    return main(['evaluate', '--model', str(model), '--data', data, '--device', 'cpu', *words])


def test_a_network_can_be_set_beside_the_best_constant(data, capsys):
    # of 2.0, 2.5, 3.0 and 3.5 m: 2.75 m is within 1.25 times of the two in the middle
    assert evaluate('constant', data, '--json') == 0
    found = json.loads(capsys.readouterr().out)['metrics']
    assert found['delta1'] == 0.5
    assert found['mae'] == pytest.approx((0.75 + 0.25 + 0.25 + 0.75) / 4)


@pytest.fixture
def training_side(tmp_path):
    """Write frames whose depth is 3.1 m in the left half and 2.3 m in the right one."""
    for part in ('image', 'depth'):
        (tmp_path / 'train' / part).mkdir(parents=True)
    for k in range(3):
        metres = np.full((40, 80), 3100, np.uint16)
        metres[:, 40:], metres[0] = 2300, 1000 + k
        cv2.imwrite(str(tmp_path / 'train' / 'image' / f'{k}.png'), np.zeros((40, 80), np.uint8))
        cv2.imwrite(str(tmp_path / 'train' / 'depth' / f'{k}.png'), metres)
    return f'folder:{tmp_path / "train"}'


def test_a_network_can_be_set_beside_a_map_that_never_looks(data, training_side, capsys):
    assert evaluate('blind-map', data, '--json', '--blind-map', training_side) == 0
    found = json.loads(capsys.readouterr().out)
    # of 2.0, 2.5, 3.0 and 3.5 m, 3.1 is close to the last three and 2.3 to the first two
    assert found['metrics']['delta1'] == pytest.approx((0.5 + 1 + 0.5 + 0.5) / 4, abs=0.03)
    assert 'blind_map' not in found


def test_the_gain_is_shown_beside_the_figures_of_map_and_teacher(
        model, data, training_side, tmp_path, capsys):
    save_model(tmp_path / 'teacher', predicts(2.7), CARD)
    words = ('--blind-map', training_side, '--teacher', str(tmp_path / 'teacher'))
    assert evaluate(model, data, '--json', *words) == 0
    found = json.loads(capsys.readouterr().out)
    student, blind, teacher = (part['metrics']['delta1'] for part in (
        found, found['blind_map'], found['teacher']))
    assert (student, teacher) == (0.25, 0.5)
    assert blind == pytest.approx(0.62, abs=0.03)
    assert found['gain'] is None, 'this teacher is no better than the map'
    assert evaluate(tmp_path / 'teacher', data, *words) == 0
    printed = capsys.readouterr().out
    assert 'blind map' in printed and 'teacher' in printed and 'gain in delta1 -' in printed


def test_frames_that_taught_the_map_are_not_evaluated(model, training_side, capsys):
    assert evaluate(model, training_side, '--blind-map', training_side) == 1
    assert 'learned from frame 0' in capsys.readouterr().err


def test_the_map_needs_a_training_side(data, capsys):
    assert evaluate('blind-map', data) == 1
    assert '--blind-map' in capsys.readouterr().err


def test_a_map_is_learned_once_and_kept_in_a_file(data, training_side, tmp_path, capsys):
    path = tmp_path / 'map.npz'
    assert main(['models', 'blind-map', '--data', training_side, str(path)]) == 0
    assert '40×80, from 3 frames' in capsys.readouterr().out
    for source in (str(path), training_side):
        assert evaluate('blind-map', data, '--json', '--blind-map', source) == 0
    first, second = capsys.readouterr().out.split('}\n{')
    assert first[1:].strip() == second[:-2].strip()
    before = path.read_bytes()
    for name, message in (('map.npz', 'exists'), ('map.png', '.npz')):
        assert main(['models', 'blind-map', '--data', training_side, str(tmp_path / name)]) == 1
        assert message in capsys.readouterr().err
    assert path.read_bytes() == before and not (tmp_path / 'map.png').exists()


def test_obstacles_are_looked_for_from_the_mount_that_is_given(model, data, tmp_path, capsys):
    words = ('--json', '--camera-height', '0.6')
    assert evaluate(model, data, *words) == 1
    assert 'has no intrinsics' in capsys.readouterr().err
    np.savetxt(tmp_path / 'data' / 'K.txt', [[80, 0, 39.5], [0, 80, 19.5], [0, 0, 1]])
    assert evaluate(model, data, *words) == 0
    found = json.loads(capsys.readouterr().out)['robot']
    # walls of 2.0 and 2.5 m: a prediction of 2.0 m finds the first, and all of it
    assert found['scan_recall'] == pytest.approx(0.5, abs=0.05)
    assert found['nearest_error'] == pytest.approx((0 + 0.5) / 2, abs=0.05)
    assert evaluate(model, data, '--json') == 0
    assert 'scan_recall' not in json.loads(capsys.readouterr().out)['robot']


def test_depth_is_scaled_to_the_datas_focal_length_where_asked(tmp_path, data, capsys):
    trained_with = Intrinsics(50.0, 50.0, 31.5, 15.5, 32, 64)
    save_model(tmp_path / 'model', predicts(2.0), replace(CARD, intrinsics=trained_with))
    assert evaluate(tmp_path / 'model', data, '--scale-focal') == 1
    assert 'has no intrinsics' in capsys.readouterr().err
    # its 80 columns become 64: 93.75 pixels there are 75 here, half as many again
    np.savetxt(tmp_path / 'data' / 'K.txt', [[93.75, 0, 39.5], [0, 93.75, 19.5], [0, 0, 1]])
    assert evaluate(tmp_path / 'model', data, '--scale-focal', '--json') == 0
    scaled = json.loads(capsys.readouterr().out)['metrics']
    assert scaled['mae'] == pytest.approx((1.0 + 0.5 + 0.0 + 0.5) / 4)
    assert evaluate(tmp_path / 'model', data, '--json') == 0
    plain = json.loads(capsys.readouterr().out)['metrics']
    assert plain['mae'] == pytest.approx((0.0 + 0.5 + 1.0 + 1.5) / 4)


def test_the_scale_anchor_of_a_card_is_applied_once_to_its_lens_alone(tmp_path, data, capsys):
    def mae(*words):
        assert evaluate(tmp_path / 'model', data, '--json', *words) == 0
        return json.loads(capsys.readouterr().out)['metrics']['mae']

    lens = Intrinsics(64.0, 64.0, 31.5, 15.5, 32, 64)
    anchor = ScaleAnchor(1.25, 50, lens)  # 2 m become 2.5 m
    save_model(tmp_path / 'model', predicts(2.0), replace(CARD, intrinsics=lens, anchor=anchor))
    assert mae() == pytest.approx((0.5 + 0.0 + 0.5 + 1.0) / 4)
    assert mae('--no-scale-anchor') == pytest.approx((0.0 + 0.5 + 1.0 + 1.5) / 4)
    # its 80 columns become 64
    for focal, expected in ((80.0, (0.5 + 0.0 + 0.5 + 1.0) / 4), (100.0, 3.0 / 4)):
        np.savetxt(tmp_path / 'data' / 'K.txt', [[focal, 0, 39.5], [0, focal, 19.5], [0, 0, 1]])
        assert mae() == pytest.approx(expected)
    assert mae('--scale-focal') == pytest.approx((0.5 + 0.0 + 0.5 + 1.0) / 4)  # 1.25, once


def test_a_model_gets_an_anchor_by_its_teachers_answers_to_unlabelled_frames(
        tmp_path, data, capsys):
    save_model(tmp_path / 'model', predicts(2.0), CARD)
    save_model(tmp_path / 'teacher', predicts(2.5), CARD)
    images = tmp_path / 'drive' / 'image'
    images.mkdir(parents=True)
    for number in range(12):
        cv2.imwrite(str(images / f'{number:02d}.png'), np.full((40, 80, 3), 10 * number, np.uint8))
    words = ['models', 'anchor', '--model', str(tmp_path / 'model'), '--teacher',
             str(tmp_path / 'teacher'), '--data', f'folder:{tmp_path / "drive"}']
    assert main([*words, str(tmp_path / 'anchored')]) == 0
    assert 'factor 1.2500, from 12 frames' in capsys.readouterr().out
    assert evaluate(tmp_path / 'anchored', data, '--json') == 0
    assert json.loads(capsys.readouterr().out)['metrics']['mae'] == pytest.approx(0.5)
    assert main([*words, '--images', '5', str(tmp_path / 'few')]) == 1
    assert '5 frames are too few' in capsys.readouterr().err


def test_the_figures_are_printed_as_json(model, data, capsys):
    assert evaluate(model, data, '--json') == 0
    found = json.loads(capsys.readouterr().out)
    assert (found['frames'], found['skipped'], found['coverage']) == (4, 1, 1.0)
    assert found['metrics']['rmse'] == pytest.approx((0 + 0.5 + 1 + 1.5) / 4, abs=1e-5)
    assert found['metrics']['rmse_pooled'] == pytest.approx((3.5 / 4) ** 0.5, abs=1e-5)
    assert found['median_scaled']['rmse'] == pytest.approx(0, abs=1e-5)


def test_without_json_a_table_for_people_is_printed(model, data, capsys):
    assert evaluate(model, data) == 0
    printed = capsys.readouterr().out
    assert 'rmse (mean over images)' in printed and 'rmse_pooled (over all pixels)' in printed
    assert '4 frames, 1 skipped' in printed


def test_every_evaluated_frame_has_a_row_and_some_have_an_image(model, data, tmp_path, capsys):
    for part in ('image', 'depth'):  # as long as a name can be
        (tmp_path / 'data' / part / '2.png').rename(
            tmp_path / 'data' / part / f'2{"é" * 60}{"x" * 120} (1).png')
    rows_file, maps = tmp_path / 'new' / 'rows.csv', tmp_path / 'maps'
    assert evaluate(model, data, '--csv', str(rows_file), '--maps', str(maps), '--maps-count',
                    '3') == 0
    rows = list(csv.DictReader(rows_file.open(encoding='utf-8')))
    assert [row['name'][0] for row in rows] == ['0', '1', '2', '3']
    assert float(rows[2]['mae']) == pytest.approx(1.0, abs=1e-5)
    assert float(rows[2]['median_scale']) == pytest.approx(1.5)
    assert float(rows[2]['scaled_mae']) == pytest.approx(0, abs=1e-5)
    # the third of the three evenly spread frames has no reference
    assert sorted(path.name for path in maps.iterdir()) == [
        '000000_0.png', f'000002_{"x" * 77}_1_.png']


@pytest.mark.parametrize('metrics, known', [
    ('kitti-eigen', 'abs_rel'), ('kitti-benchmark', 'silog'), ('nyu', 'rel'),
    ('nyu-labelled', 'rel')])
def test_the_papers_metrics_are_chosen_by_name(model, data, capsys, metrics, known):
    assert evaluate(model, data, '--json', '--metrics', metrics) == 0
    assert known in json.loads(capsys.readouterr().out)['metrics']


def test_cap_and_crop_replace_those_of_the_metrics(model, data, capsys):
    assert evaluate(model, data, '--json', '--metrics', 'kitti-eigen', '--cap', '2.6', '--crop',
                    'none') == 0
    found = json.loads(capsys.readouterr().out)
    assert (found['crop'], found['cap']) == ('none', 2.6)
    assert (found['frames'], found['skipped']) == (2, 3)



def test_in_sliding_windows_the_whole_image_is_evaluated_at_its_own_size(
        model, data, capsys, monkeypatch):
    sizes = []
    monkeypatch.setattr(command, 'sliding_window', lambda network, x, window: (
        sizes.append((tuple(x.shape[-2:]), window)), sliding_window(network, x, window=window))[1])
    assert evaluate(model, data, '--json', '--sliding-window') == 0
    found = json.loads(capsys.readouterr().out)
    assert set(sizes) == {((40, 80), CARD.size)}
    assert found['metrics']['rmse'] == pytest.approx(0.75, abs=1e-5)


def test_the_help_lists_the_kinds_of_data_with_their_keys(capsys):
    with pytest.raises(SystemExit):
        main(['evaluate', '--help'])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith('  nyu ') for line in lines)
    assert any('split=train|test' in line for line in lines)


def test_a_runs_folder_means_its_newest_release(data, tmp_path, capsys):
    for metres in (9.0, 2.0):
        publish(tmp_path / 'run' / 'releases', predicts(metres), CARD, 1, {})
    assert evaluate(tmp_path / 'run', data, '--json') == 0
    assert json.loads(capsys.readouterr().out)['metrics']['rmse'] < 1


@pytest.mark.parametrize('words, message', [
    (['--cap', '-3'], 'cap is -3'), (['--batch', '0'], 'batch is 0'),
    (['--maps-count', '-1'], 'maps_count is -1'),
    (['--csv', '/proc/rows.csv'], '/proc/rows.csv'), (['--cap', '1'], 'reference')])
def test_what_makes_no_sense_is_refused_in_one_line(model, data, capsys, words, message):
    assert evaluate(model, data, *words) == 1
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


@pytest.mark.parametrize('model, data', [('/nowhere', 'folder:/'), ('x', 'folder:/nowhere')])
def test_a_model_or_data_that_is_not_there_is_named(model, data, capsys):
    assert evaluate(model, data) == 1
    assert 'Traceback' not in capsys.readouterr().err


def test_figures_of_before_stay_where_nothing_can_be_measured(model, tmp_path):
    (tmp_path / 'rows.csv').write_text('of before\n')
    assert evaluate(model, f'folder:{tmp_path / "nowhere"}', '--csv',
                    str(tmp_path / 'rows.csv')) == 1
    assert (tmp_path / 'rows.csv').read_text() == 'of before\n'


def test_the_folder_of_an_offline_run_stands_for_the_student_that_it_trained(
        data, tmp_path, capsys):
    save_model(tmp_path / 'run' / 'best-000004', predicts(9.0), CARD)
    save_model(tmp_path / 'run' / 'student', predicts(2.0), CARD)
    assert evaluate(tmp_path / 'run', data, '--json') == 0
    assert json.loads(capsys.readouterr().out)['metrics']['rmse'] < 2.0
