# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Edges and obstacles count as found where they are, and only there."""

import math

from known_scenes import nearest, plane, rays, sphere
import numpy as np
import pytest
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.detection import Detection
from depth_distill_ros.evaluation.edges import EdgeFigures, discontinuities
from depth_distill_ros.evaluation.obstacles import REACH, ObstacleFigures
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.evaluation.robot_figures import RobotFigures
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount

CAMERA = Intrinsics(103.0, 103.0, 63.5, 47.5, 96, 128)
MOUNT = Mount(0.6, math.radians(6))
SEEN = rays(CAMERA, MOUNT)
FLOOR = plane(SEEN, (0, 0, -1), MOUNT.height)
BACK = plane(SEEN, (1, 0, 0), 5.0)


def box(at, left=0.0, back=BACK):
    """Return a board across the way, 0.4 m wide, from the floor up, with floor and far wall."""
    board = plane(SEEN, (1, 0, 0), at)
    board[np.abs(board * SEEN[..., 1] - left) > 0.2] = np.nan
    return nearest(FLOOR, back, board)


EMPTY = nearest(FLOOR, BACK)
# the far floor, at a grazing angle, would have edges
ROOM = plane(SEEN, (1, 0, 0), 2.5)


def obstacles(*pairs, nominal=MOUNT):
    figures = ObstacleFigures(nominal)
    for prediction, reference in pairs:
        figures.add(prediction, reference, CAMERA)
    return figures.summary()


def edges(*pairs):
    figures = EdgeFigures()
    for prediction, reference in pairs:
        figures.add(prediction, reference)
    return figures.summary()


def test_exact_depth_finds_every_obstacle_and_invents_none():
    found = obstacles((box(2.0), box(2.0)))
    assert found['nearest_error'] == 0.0
    assert {found[f'{what}_{figure}'] for what in ('scan', 'grid')
            for figure in ('recall', 'precision', 'f_score')} == {1.0}


def test_an_obstacle_that_is_not_seen_is_missed_and_its_error_is_up_to_the_end_of_the_range():
    found = obstacles((EMPTY, box(2.0)))
    assert found['scan_recall'] == found['grid_recall'] == 0.0
    assert found['scan_f_score'] == found['grid_f_score'] == 0.0
    assert 'scan_precision' not in found, 'nothing was predicted'
    assert found['nearest_error'] == pytest.approx(REACH - 2.0, abs=0.02)


def test_an_obstacle_that_does_not_exist_lowers_the_precision_alone():
    found = obstacles((box(2.0), EMPTY), (box(1.5), box(1.5)))
    assert found['scan_recall'] == found['grid_recall'] == 1.0
    assert 0.4 < found['scan_precision'] < 0.65 and 0.4 < found['grid_precision'] < 0.65
    assert found['nearest_error'] == 0.0


@pytest.mark.parametrize('shift, kept', [(0.2, 1.0), (0.31, 0.0)])
def test_an_obstacle_counts_as_found_within_a_quarter_of_a_metre(shift, kept):
    near, far = (nearest(FLOOR, plane(SEEN, (1, 0, 0), at)) for at in (1.52, 1.52 + shift))
    found = obstacles((far, near))
    for figure in ('scan_recall', 'scan_precision', 'grid_recall', 'grid_precision'):
        # but for the corners of the view, of which the farther wall shows more
        assert found[figure] == pytest.approx(kept, abs=0.1), figure
    assert found['nearest_error'] == pytest.approx(shift, rel=0.2)


def test_beyond_three_metres_there_is_no_obstacle():
    assert obstacles((EMPTY, box(3.5))) == {}


def test_the_mount_of_each_frame_is_that_of_its_floor():
    # with the nominal pitch the floor would stand up as an obstacle
    found = obstacles((box(2.0), box(2.0)), (EMPTY, EMPTY), nominal=Mount(0.57, math.radians(1)))
    exact = obstacles((box(2.0), box(2.0)))
    assert found == exact


def test_depth_without_a_reference_is_not_compared():
    holed = box(2.0)
    holed[:, 50:80] = np.nan
    assert obstacles((box(2.0), holed)) == {}


def test_holes_and_infinities_of_a_prediction_are_no_obstacles():
    for hole in (np.nan, np.inf):
        prediction = np.full(CAMERA.size, hole, np.float32)
        found = obstacles((prediction, box(2.0)))
        assert found['scan_recall'] == found['grid_recall'] == 0.0


def test_a_large_depth_has_the_figures_of_a_small_one():
    camera = CAMERA.resized((480, 640))
    large = [np.kron(depth, np.ones((5, 5), np.float32)) for depth in (box(2.2), box(2.0))]
    figures = ObstacleFigures(MOUNT)
    figures.add(*large, camera)
    small = obstacles((box(2.2), box(2.0)))
    assert figures.summary() == pytest.approx(small, abs=0.05)


def test_the_outline_of_an_object_is_an_edge_and_a_floor_or_wall_is_none():
    ball = sphere(SEEN, (1.5, 0.0, -0.2), 0.25)
    found = discontinuities(nearest(FLOOR, ROOM, ball))
    outline = np.isfinite(ball)
    rows, columns = np.nonzero(found)
    assert len(rows) > 20
    middle = np.argwhere(outline).mean(0)
    assert np.hypot(rows - middle[0], columns - middle[1]).max() < 25
    assert not discontinuities(nearest(FLOOR, ROOM)).any()


def test_edges_in_place_are_found_and_displaced_ones_are_not():
    exact = box(1.5, back=ROOM)
    assert edges((exact, exact)) == {'precision': 1.0, 'recall': 1.0, 'f_score': 1.0}
    left, right = (box(1.5, left=side, back=ROOM) for side in (0.5, -0.5))
    assert edges((left, right))['f_score'] < 0.2


def test_a_smooth_depth_has_no_edges_and_a_score_of_zero():
    assert edges((EMPTY * 0 + 3, box(1.5, back=ROOM))) == {'recall': 0.0, 'f_score': 0.0}


def test_edges_of_an_output_of_half_the_size_are_found():
    half = box(1.5, back=ROOM)[::2, ::2]
    prediction = np.kron(half, np.ones((2, 2), np.float32))
    assert edges((prediction, box(1.5, back=ROOM)))['f_score'] > 0.9


def test_the_edge_of_a_hole_is_no_edge():
    holed = np.full((96, 128), 2.0, np.float32)
    holed[40:60, 40:60] = np.nan
    prediction = np.full((96, 128), 2.0, np.float32)
    prediction[40:60, 40:60] = 4.0
    assert edges((prediction, holed)) == {}


def test_figures_are_pooled_over_the_frames():
    found = Detection()
    found.add_maps(np.eye(4, dtype=bool), np.eye(4, dtype=bool), 0)
    found.add_maps(np.zeros((4, 4), bool), np.ones((4, 4), bool), 0)
    assert found.summary() == pytest.approx(
        {'precision': 1.0, 'recall': 4 / 20, 'f_score': 2 * 0.2 / 1.2})


@pytest.mark.parametrize('mount, figures', [(None, 3), (MOUNT, 10)])
def test_obstacles_are_looked_for_only_with_a_mount(mount, figures):
    frame = Frame(np.zeros((96, 128, 3), np.uint8), box(2.0), intrinsics=CAMERA)
    evaluation = Evaluation(lambda x: torch.from_numpy(box(2.0))[None, None], (96, 128),
                            PROTOCOLS['robot'], torch.device('cpu'))
    robot = RobotFigures(mount)
    for result in evaluation.frames([frame]):
        assert result.intrinsics == CAMERA
        robot.add(result)
    assert len(robot.summary()) == figures


def test_obstacles_without_a_camera_are_refused_with_the_frame():
    frame = Frame(np.zeros((96, 128, 3), np.uint8), box(2.0), name='hall_3')
    evaluation = Evaluation(lambda x: torch.from_numpy(box(2.0))[None, None], (96, 128),
                            PROTOCOLS['robot'], torch.device('cpu'))
    (result,) = evaluation.frames([frame])
    with pytest.raises(DepthDistillError, match='hall_3 has no intrinsics'):
        RobotFigures(MOUNT).add(result)
