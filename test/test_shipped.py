# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models and frames that come with the package are what their cards say."""

import json

import pytest

from depth_distill_ros.apps.cli import main
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.shipped import shipped_blind_map, shipped_rooms, shipped_teacher

pytestmark = pytest.mark.slow


def figures(capsys, model):
    assert main(['evaluate', '--model', str(model), '--data', f'folder:{shipped_rooms()}',
                 '--device', 'cpu', '--json']) == 0
    return json.loads(capsys.readouterr().out)


def test_the_teachers_figures_are_repeated_to_the_third_decimal(capsys):
    said = read_card(shipped_teacher()).about['shipped_frames']
    found = figures(capsys, shipped_teacher())
    assert found['frames'] == said['frames'] == 120
    for part, prefix in (('metrics', ''), ('median_scaled', 'median_scaled_')):
        for name in ('delta1', 'rmse'):
            assert found[part][name] == pytest.approx(said[prefix + name], abs=5e-4)


def test_the_teacher_knows_more_than_one_depth_everywhere(capsys):
    constant = figures(capsys, 'constant')['metrics']
    said = read_card(shipped_teacher()).about['shipped_frames']
    assert said['delta1'] > constant['delta1'] + 0.3 and said['rmse'] < 0.6 * constant['rmse']


def test_the_blind_map_is_of_other_rooms_and_between_the_constant_and_the_teacher(capsys):
    assert shipped_blind_map().stat().st_size < 200_000
    # frames that taught it would be refused
    assert main(['evaluate', '--model', 'blind-map', '--blind-map', str(shipped_blind_map()),
                 '--data', f'folder:{shipped_rooms()}', '--device', 'cpu', '--json']) == 0
    blind = json.loads(capsys.readouterr().out)['metrics']['delta1']
    said = read_card(shipped_teacher()).about['shipped_frames']
    assert figures(capsys, 'constant')['metrics']['delta1'] + 0.2 < blind < said['delta1'] - 0.2


def test_no_file_of_the_package_is_larger_than_it_has_to_be():
    rooms = sum(path.stat().st_size for path in shipped_rooms().rglob('*') if path.is_file())
    assert rooms < 5_000_000
