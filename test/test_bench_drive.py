# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A disc robot drives by clouds: its grid is Nav2's, its planner plain, its collisions exact."""

from dataclasses import replace
import math

from known_scenes import nearest, plane, rays
import numpy as np
import pytest

from depth_distill_ros.apps.bench.drive import episode
from depth_distill_ros.apps.bench.drive.episode import drive
from depth_distill_ros.apps.bench.drive.ground import CELL, Course, Ground, course
from depth_distill_ros.apps.bench.drive.planner import Planner
from depth_distill_ros.apps.bench.drive.robot import RADIUS, Robot
from depth_distill_ros.apps.bench.drive.voxel_layer import LayerParameters, VoxelLayer
from depth_distill_ros.geometry.clear_depth import cleared
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.points import SparseProjector
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.worlds.rooms.scene import Material, Parts, Room

CAMERA = Intrinsics.from_vertical_fov(math.radians(50), (96, 128))
MOUNT = Mount(0.6, math.radians(6))
LAYER = LayerParameters.shipped()
GREY = Material((0.5, 0.5, 0.5))


def room(*things, size=(4.0, 3.0, 2.5)):
    return Room('test', size, things, (0.3, 0.3, 0.3), (), {})


def box(width, depth, height, x, y, yaw=0.0, low=0.0):
    parts = Parts().box((width, depth, height), (0, 0, low), GREY)
    return parts.object('box', 9).at(x, y, yaw=yaw)


def exact_points(objects, size):
    """Return a function from a robot to the points that it sees of boxes and walls."""
    def look(robot):
        c, s = math.cos(robot.heading), math.sin(robot.heading)
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        seen = rays(CAMERA, MOUNT) @ turn.T
        depths = [plane(seen, (0, 0, -1), MOUNT.height),
                  plane(seen, (1, 0, 0), size[0] - robot.x), plane(seen, (-1, 0, 0), robot.x),
                  plane(seen, (0, 1, 0), size[1] - robot.y), plane(seen, (0, -1, 0), robot.y)]
        depths += [_box_depth(seen, bounds - (robot.x, robot.y, MOUNT.height))
                   for thing in objects for bounds in thing.boxes()]
        depth = cleared(nearest(*depths), CAMERA, False, 0.05, MOUNT, MOUNT)
        return SparseProjector(CAMERA, 6.0, 0.05, 5.0)(depth)[0].astype(float)
    return look


def _box_depth(seen, bounds):
    with np.errstate(divide='ignore', invalid='ignore'):
        sides = np.sort(bounds[:, None, None] / seen, axis=0)
    near, far = sides[0].max(-1), sides[1].min(-1)
    return np.where((near > 0) & (near < far), near, np.nan)


def test_the_planner_goes_round_a_wall_and_knows_when_there_is_no_way():
    lethal = np.zeros((60, 60), bool)
    lethal[:45, 30] = True
    planner = Planner(lethal, (2.5, 0.5), RADIUS)
    way = planner.way(0.5, 0.5)
    assert way[:, 1].max() > 2.25 + RADIUS and 4.0 < planner.length(0.5, 0.5) < 6.0
    lethal[:, 30] = True
    closed = Planner(lethal, (2.5, 0.5), RADIUS)
    assert closed.way(0.5, 0.5) is None and closed.length(0.5, 0.5) == math.inf


def test_a_robot_beside_what_it_just_saw_may_leave():
    lethal = np.zeros((60, 60), bool)
    lethal[10, 13] = True  # 15 cm from the robot's middle
    assert Planner(lethal, (2.5, 2.5), RADIUS).way(0.5, 0.5) is None
    assert Planner(lethal, (2.5, 2.5), RADIUS, (0.5, 0.5)).way(0.5, 0.5) is not None


def test_the_ground_is_where_things_stand_turned_as_they_are_and_not_what_is_overhead():
    ground = Ground(room(box(1.0, 0.2, 0.5, 2.0, 1.5, yaw=math.pi / 4),
                         box(0.5, 0.5, 0.1, 3.5, 0.5, low=1.0)), 0.7)
    assert ground.occupied.sum() * CELL ** 2 == pytest.approx(0.2, rel=0.2)
    assert ground.clearance(2.3, 1.8) == 0 and ground.clearance(2.3, 1.2) > 0.15
    assert ground.clearance(3.5, 0.5) == pytest.approx(0.5, abs=0.05)
    assert ground.clearance(-0.1, 1.0) == 0


def test_a_course_has_a_way_and_is_the_same_for_the_same_seed():
    ground = Ground(room(box(0.2, 2.0, 0.5, 2.0, 1.0)), 0.7)
    found = [course(ground, RADIUS, np.random.default_rng(3)) for _ in range(2)]
    assert found[0] == found[1] and found[0].length > 2.0
    full = Ground(room(box(4.0, 3.0, 0.5, 2.0, 1.5)), 0.7)
    assert course(full, RADIUS, np.random.default_rng(3)) is None


_GHOSTS = 6  # voxels of each column that are marked before, up to the height of the camera


def nav2_layer(size, origin, points):
    """
    Return the lethal cells after one update of Nav2's voxel layer, as its pages and sources say.

    Rays end two cells before their point and are cleared by Bresenham's algorithm in three
    dimensions, at most raytrace_max_range (in cells) long; then the points are marked.
    """
    res = np.array([LAYER.resolution, LAYER.resolution, LAYER.z_resolution])
    shape = (int(size[0] / res[0]), int(size[1] / res[1]), LAYER.z_voxels)
    marked = np.zeros(shape, bool)
    marked[..., :_GHOSTS] = True
    for point in points:
        ray = point - origin
        length = np.linalg.norm(ray)
        end = origin + ray * max((length - 2 * LAYER.resolution) / length, 0.0)
        for axis, high in enumerate(np.array(shape) * res):
            for bound, beyond in ((0.0, end[axis] < 0), (high - 0.01, end[axis] > high)):
                if beyond:
                    end = origin + (end - origin) * (bound - origin[axis]) / (
                        end[axis] - origin[axis])
        for cell in bresenham((origin / res).astype(int), (end / res).astype(int),
                              LAYER.raytrace_max_range / LAYER.resolution):
            if (np.array(cell) < shape).all() and min(cell) >= 0:
                marked[tuple(cell)] = False
    for point in points:
        cell = np.floor(point / res).astype(int)
        away = np.linalg.norm(point - origin)
        if LAYER.min_obstacle_height <= point[2] <= LAYER.max_obstacle_height \
                and LAYER.obstacle_min_range <= away < LAYER.obstacle_max_range \
                and (cell >= 0).all() and (cell < shape).all():
            marked[tuple(cell)] = True
    return (marked.sum(2) > LAYER.mark_threshold).T


def bresenham(start, end, longest):
    """Yield the cells of a line; the dominant axis is stepped, the others follow its error."""
    delta = end - start
    count = int(np.abs(delta).max())
    scale = min(1.0, longest / max(np.linalg.norm(delta), 1e-9))
    error, cell = np.full(3, count // 2), start.copy()
    for _ in range(int(scale * count) + 1):
        yield tuple(cell)
        error += np.abs(delta)
        step = error >= count
        cell[step] += np.sign(delta[step])
        error[step] -= count


def test_the_grid_marks_and_clears_our_clouds_as_nav2_s_voxel_layer_does():
    size, thing = (4.0, 3.0), box(0.4, 0.4, 0.4, 2.4, 1.5)
    robot = Robot(0.5, 1.5, 0.0)
    origin, points = episode._in_room(exact_points([thing], size)(robot), MOUNT, robot)
    points = points[(points[:, :2] > 0).all(1) & (points[:, :2] < size).all(1)]
    layer = VoxelLayer(size, LAYER)
    layer.marked[:_GHOSTS] = True
    layer.update(origin, points)
    ours, theirs = layer.lethal(), nav2_layer(size, origin, points)
    assert (ours == theirs).mean() > 0.97
    there = np.zeros_like(ours)
    there[26:34, 44:52] = True
    free = np.zeros_like(ours)
    free[25:35, 36:42] = True  # before the box, seen to the floor
    for lethal in (ours, theirs):
        assert lethal[28:32, 44].all() and not lethal[free].any()


def test_a_robot_that_sees_reaches_its_goal_and_one_that_is_blind_runs_into_the_box():
    thing = box(0.4, 1.6, 0.5, 2.0, 0.9)
    ground, way = Ground(room(thing), 0.7), Course((0.6, 0.6, 0.0), (3.4, 0.6), 4.0)
    seen = drive(exact_points([thing], (4.0, 3.0)), MOUNT, ground, way, LAYER)
    assert seen.end == episode.REACHED and 3.5 < seen.metres < 6.0
    blind = drive(lambda robot: np.zeros((0, 3)), MOUNT, ground, way, LAYER)
    assert blind.end == episode.COLLISION and blind.path[-1][0] < 1.9


def test_a_robot_that_sees_walls_everywhere_gives_up():
    ground, way = Ground(room(), 0.7), Course((0.6, 0.6, 0.0), (3.4, 2.4), 3.3)
    around = np.array([[math.sin(a) * 0.4, h, math.cos(a) * 0.4] for a in np.linspace(-3, 3, 200)
                       for h in (0.1, 0.2, 0.3)])
    ended = drive(lambda robot: around, MOUNT, ground, way, LAYER)
    assert (ended.end, ended.seconds) == (episode.STUCK, 20.0)


def test_the_layer_s_parameters_are_those_that_are_shipped():
    assert LAYER.obstacle_max_range < LAYER.raytrace_max_range
    assert replace(LAYER, resolution=0.05) == LAYER
