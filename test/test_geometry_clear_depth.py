# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cleaned depth has no points between surfaces, and its floor is where the mount has it."""

from dataclasses import replace
import math

import cv2
from known_scenes import corridor, nearest, plane, rays
import numpy as np
import pytest

from depth_distill_ros.geometry.clear_depth import cleared
from depth_distill_ros.geometry.floor import above_floor
from depth_distill_ros.geometry.flying import flying
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.scan import Mount

CAMERA = Intrinsics(103.0, 103.0, 63.5, 47.5, 96, 128)
MOUNT = Mount(0.6, math.radians(6))


def wall_with_box(width):
    """Return a wall at 3 m behind a box, so many pixels wide, at 1.5 m."""
    depth = np.full((40, 60), 3.0, np.float32)
    depth[10:, 30 - width // 2:30 + (width + 1) // 2] = 1.5
    return depth


@pytest.mark.parametrize('degrees', [0, 45, 75, 82])
def test_nothing_of_a_plane_flies_however_oblique_it_is(degrees):
    angle = math.radians(degrees)
    wall = plane(rays(CAMERA, MOUNT), (math.cos(angle), math.sin(angle), 0), 2.0)
    assert not flying(wall.astype(np.float32)).any()


def test_nothing_of_exact_depth_flies_at_corners_or_steps_or_on_the_floor():
    assert not flying(corridor(rays(CAMERA, MOUNT), MOUNT)).any()
    assert not flying(wall_with_box(20)).any()


@pytest.mark.parametrize('width', [1, 2, 3])
def test_a_thin_leg_does_not_fly(width):
    assert not flying(wall_with_box(width)).any()


def test_what_a_network_blends_between_a_box_and_a_wall_flies_and_both_surfaces_stay():
    exact = wall_with_box(20)
    blended = cv2.blur(exact, (3, 3))
    between = (blended > 1.7) & (blended < 2.8)
    found = flying(blended)
    assert between.sum() > 40 and found[between].mean() > 0.9
    assert not found[np.abs(blended - exact) < 1e-3].any()


def test_missing_and_infinite_depth_are_no_reason_to_fly():
    depth = wall_with_box(20)
    depth[:, :10], depth[:5] = np.nan, np.inf
    assert not flying(depth).any()


@pytest.fixture
def seen():
    """Return a corridor whose depth a network finds 7 % too short, on a tilted robot; its box."""
    tilted = Mount(0.6, math.radians(8), math.radians(-1.5))
    seen_ = rays(CAMERA, tilted)
    box = plane(seen_, (1, 0, 0), 2.0)
    high = seen_[..., 2] * box + tilted.height
    aside = np.abs(seen_[..., 1] * box) > 0.3
    box[(high < 0.0) | (high > 0.3) | aside] = np.nan
    return nearest(corridor(seen_, tilted), box) * np.float32(0.93), box


def heights(depth):
    return above_floor(depth, CAMERA, MOUNT)[:, 2].reshape(CAMERA.size)


def near_floor(depth):
    """Return the pixels of the floor up to 3 m."""
    low = np.zeros(CAMERA.size, bool)
    low[75:] = True
    return low & np.isfinite(depth)


def test_the_floor_of_a_tilted_robot_is_level_and_a_box_stands_on_it(seen):
    depth, box = seen
    result = cleared(depth, CAMERA, False, 0.05, MOUNT, MOUNT)
    floor, on_box = near_floor(depth) & np.isnan(box), np.isfinite(box)
    assert (heights(depth)[floor] > 0.03).mean() > 0.5  # it was an obstacle
    assert np.abs(heights(result)[floor]).max() < 1e-3
    upper = on_box & (np.arange(96)[:, None] < np.flatnonzero(on_box.any(1)).mean())
    np.testing.assert_array_equal(result[upper], depth[upper])


def test_a_known_tilt_finds_the_floor_and_the_output_has_it_where_others_compute_it(seen):
    tilted = Mount(0.6, math.radians(8), math.radians(-1.5))
    result = cleared(seen[0], CAMERA, False, 0.05, tilted, MOUNT)
    assert np.abs(heights(result)[near_floor(seen[0]) & np.isnan(seen[1])]).max() < 1e-3


def test_nothing_is_seen_through_the_floor():
    depth = np.full(CAMERA.size, np.inf, np.float32)
    result = cleared(depth, CAMERA, False, 0.05, MOUNT, MOUNT)
    assert np.isinf(result[:30]).all()
    assert above_floor(result[90:], replace(CAMERA, cy=CAMERA.cy - 90, height=6),
                       MOUNT)[:, 2] == pytest.approx(0, abs=1e-3)


def test_a_wall_without_a_floor_stays_as_it_is():
    wall = plane(rays(CAMERA, MOUNT), (1, 0, 0), 0.5).astype(np.float32)
    np.testing.assert_array_equal(cleared(wall, CAMERA, True, 0.05, MOUNT, MOUNT), wall)


def test_a_camera_on_the_floor_has_none_to_find():
    with pytest.raises(GeometryError, match='give the height of the camera'):
        cleared(np.ones(CAMERA.size, np.float32), CAMERA, False, 0.05, Mount(0.0), Mount(0.0))
