# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms of the benchmark's target world: what a seed draws, without rendering it."""

import math

import numpy as np
import pytest

from depth_distill_ros.stream.classes import (
    BED,
    CEILING,
    CHAIR,
    FLOOR,
    FURNITURE,
    SOFA,
    TABLE,
    WALL,
)
from depth_distill_ros.worlds.path_traced import meshes
from depth_distill_ros.worlds.path_traced.floor_plan import CELL
from depth_distill_ros.worlds.path_traced.photo import Camera
from depth_distill_ros.worlds.path_traced.robot_poses import poses
from depth_distill_ros.worlds.path_traced.traced_room import generate
from depth_distill_ros.worlds.path_traced.world import PRESETS, SPLITS
from depth_distill_ros.worlds.pose import Pose

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def rooms():
    return [generate((41, 0, number)) for number in range(8)]


def corners(room):
    return np.concatenate([part.mesh.corners.reshape(-1, 3) for part in room.parts])


def test_a_seed_is_one_room_for_ever(rooms):
    again = generate((41, 0, 0))
    np.testing.assert_array_equal(corners(again), corners(rooms[0]))
    assert again.kind == rooms[0].kind


def test_another_number_is_another_room(rooms):
    assert len({len(corners(room)) for room in rooms}) == len(rooms)


def test_everything_is_between_floor_and_ceiling_and_within_the_walls(rooms):
    for room in rooms:
        outline = room.plan.outline
        for mesh, _, label in room.parts:
            points = mesh.corners.reshape(-1, 3)
            assert points[:, 2].min() > -0.08 and points[:, 2].max() < room.plan.height + 0.01
            # a leaf may droop into the floor, a rug go on under a wall; reveals and panes of
            # windows lie in the wall
            if label != FLOOR:
                assert (points[:, :2] > outline.min(axis=0) - 0.25).all()
                assert (points[:, :2] < outline.max(axis=0) + 0.25).all()


def test_meshes_are_finite_and_normals_have_unit_length(rooms):
    for room in rooms:
        for mesh, _, _ in room.parts:
            lengths = np.linalg.norm(mesh.normals, axis=2)
            # the tip of a leaf has no direction of its own
            assert (lengths < 1 + 1e-6).all() and (lengths > 1 - 1e-6).mean() > 0.9
            assert np.isfinite(mesh.corners).all() and np.isfinite(mesh.uv).all()


def test_rooms_have_a_floor_a_ceiling_walls_and_furniture(rooms):
    for room in rooms:
        there = {part.label for part in room.parts}
        assert {FLOOR, CEILING, WALL} <= there
        assert there & {CHAIR, SOFA, BED, TABLE, FURNITURE}


def test_the_floor_covers_the_outline(rooms):
    for room in rooms:
        x, y = room.plan.outline.T
        area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
        floor = next(part.mesh.corners for part in room.parts
                     if part.label == FLOOR and not part.mesh.corners[..., 2].any())
        edges = np.cross(floor[:, 1] - floor[:, 0], floor[:, 2] - floor[:, 0])
        assert 0.5 * np.linalg.norm(edges, axis=1).sum() == pytest.approx(area)
        assert room.plan.inside.sum() * CELL ** 2 == pytest.approx(area, rel=0.08)


def test_cameras_stand_free_at_a_robots_height_and_look_differently(rooms):
    for room in rooms:
        drawn = poses(room.plan, np.random.default_rng(3), 6)
        for pose in drawn:
            column, row = ((np.array(pose.position[:2]) - room.plan.origin) / CELL).astype(int)
            assert not room.plan.solid[row, column]
            assert 0.55 < pose.position[2] < 0.65 and -0.2 < pose.pitch < 0.0
        assert len({(pose.position, pose.yaw) for pose in drawn}) == 6


def test_a_cameras_axes_are_right_up_forward():
    axes = np.stack(Pose(0, 0, 1, math.pi / 2, 0.0, 0.0).axes())
    np.testing.assert_allclose(axes, [[1, 0, 0], [0, 0, 1], [0, 1, 0]], atol=1e-12)
    tilted = np.stack(Pose(0, 0, 1, 0.3, -0.2, 0.1).axes())
    np.testing.assert_allclose(tilted @ tilted.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.cross(tilted[0], tilted[1]), -tilted[2], atol=1e-12)
    assert tilted[2, 2] < 0


def test_no_two_splits_share_a_room():
    for world in PRESETS.values():
        seeds = [world.room_seed(split, room) for split in SPLITS
                 for room in range(world.rooms[split])]
        assert len(set(seeds)) == len(seeds)
    # other seeds alone would not do
    drawn = [corners(generate(PRESETS['small'].room_seed(split, number))) for split in SPLITS
             for number in range(2)]
    assert len({points.tobytes() for points in drawn}) == 2 * len(SPLITS) == 6


def test_exposure_follows_the_light_and_colours_keep_their_order():
    camera = Camera((48, 64))
    light = np.full((48, 64, 3), 0.2, np.float32)
    light[:, 32:] = (0.6, 0.3, 0.1)
    dim, bright = (camera(light * gain, np.random.default_rng(1)).astype(int)
                   for gain in (0.5, 50.0))
    # a dark room is noisier, and about as bright
    assert abs(dim.mean() - bright.mean()) < 8
    red, green, blue = bright[:, 40:].reshape(-1, 3).mean(axis=0)
    assert red > green > blue


def test_a_black_image_stays_finite():
    image = Camera((24, 32))(np.zeros((24, 32, 3), np.float32), np.random.default_rng(0))
    assert image.dtype == np.uint8 and image.mean() < 60


def test_shapes_face_outwards():
    for mesh in (meshes.box((1, 2, 3)), meshes.rounded((1, 1, 0.3), 0.1, puff=0.2),
                 meshes.ball(0.4), meshes.rod((0, 0, 0), (1, 1, 0), 0.1)):
        middle = mesh.corners.reshape(-1, 3).mean(axis=0)
        face = np.cross(mesh.corners[:, 1] - mesh.corners[:, 0],
                        mesh.corners[:, 2] - mesh.corners[:, 0])
        out = mesh.corners.mean(axis=1) - middle
        assert ((face * out).sum(axis=1) > 0).mean() > 0.95
        assert ((face * mesh.normals.mean(axis=1)).sum(axis=1) > 0).all()
