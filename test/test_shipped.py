# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models and frames that come with the package are what their cards say."""

import json

from looping_camera import alike
import pytest

from depth_distill_ros.apps.cli import main
from depth_distill_ros.apps.demo.report import judged_frames
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.evaluation.blind_map import load
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.shipped import (
    shipped_blind_map,
    shipped_robot_rooms,
    shipped_rooms,
    shipped_teacher,
)

pytestmark = pytest.mark.slow
# correlation of all pixels
NEARLY_THE_SAME = 0.985


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
    rooms = sum(path.stat().st_size for folder in (shipped_rooms(), shipped_robot_rooms())
                for path in folder.rglob('*') if path.is_file())
    assert rooms < 8_000_000


def test_the_frames_of_the_demos_camera_are_none_of_those_that_its_figures_are_of():
    blind = load(shipped_blind_map())
    camera, (judged, which) = open_reader(f'folder:{shipped_robot_rooms()}'), judged_frames(
        '', 'learn')
    assert len(camera) == 448 and len(judged) == 120 and 'did not show' in which
    shown = [camera[index] for index in range(len(camera))]
    assert shown[0].intrinsics == judged[0].intrinsics
    assert alike([frame.image for frame in shown],
                 [frame.image for frame in judged]).max() < NEARLY_THE_SAME
    assert not any(blind.learned_from(frame.depth) for frame in (*shown, *judged))


def test_of_another_camera_the_demos_figures_say_that_its_frames_may_have_trained():
    frames, which = judged_frames(f'folder:{shipped_robot_rooms()}', 'learn')
    assert len(frames) == 120
    assert 'that the robot camera showed' in which and 'they train the student' in which
