# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The floor is found where it is, and what stands on it occupies its cells."""

import math

from known_scenes import corridor, nearest, plane, rays, sphere
import numpy as np
import pytest

from depth_distill_ros.geometry.floor import FloorGrid, above_floor, fitted_mount
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount, ScanLimits

CAMERA = Intrinsics(103.0, 103.0, 63.5, 47.5, 96, 128)
NOMINAL = Mount(0.6, math.radians(6))
LIMITS = ScanLimits(0.05, 1.5, 0.2, 3.0)


def floor(seen, mount):
    return plane(seen, (0, 0, -1), mount.height)


@pytest.mark.parametrize('mount', [
    NOMINAL, Mount(0.66, math.radians(2)), Mount(0.55, math.radians(11)),
    Mount(0.6, math.radians(6), math.radians(4)), Mount(0.63, math.radians(3), math.radians(-3))])
def test_the_mount_is_read_off_the_floor_among_walls_and_objects(mount):
    seen = rays(CAMERA, mount)
    depth = nearest(corridor(seen, mount), sphere(seen, (1.5, 0.3, 0.2 - mount.height), 0.2))
    found = fitted_mount(depth, CAMERA, NOMINAL)
    assert found.height == pytest.approx(mount.height, abs=2e-3)
    assert found.pitch == pytest.approx(mount.pitch, abs=2e-3)
    assert found.roll == pytest.approx(mount.roll, abs=2e-3)
    points = above_floor(depth, CAMERA, found)
    assert (np.abs(points[:, 2]) < 5e-3).mean() > 0.2


def test_a_rug_or_a_hole_in_the_depth_does_not_tilt_the_floor():
    seen = rays(CAMERA, NOMINAL)
    rug = plane(seen, (0, 0, -1), NOMINAL.height - 0.015)
    rug[:, :100] = np.nan
    depth = nearest(corridor(seen, NOMINAL), rug)
    depth[60:, 20:50] = np.nan
    found = fitted_mount(depth, CAMERA, Mount(0.6, math.radians(4)))
    assert found.pitch == pytest.approx(NOMINAL.pitch, abs=0.01)


@pytest.mark.parametrize('depth', [
    plane(rays(CAMERA, NOMINAL), (1, 0, 0), 0.5).astype(np.float32),   # a wall fills the view
    np.full((96, 128), np.nan, np.float32)])
def test_without_a_floor_in_view_the_mount_is_the_nominal_one(depth):
    assert fitted_mount(depth, CAMERA, NOMINAL) == NOMINAL


def test_a_table_top_is_not_the_floor():
    seen = rays(CAMERA, NOMINAL)
    top = plane(seen, (0, 0, -1), NOMINAL.height - 0.45)
    assert fitted_mount(nearest(top, plane(seen, (1, 0, 0), 4.0)), CAMERA, NOMINAL) == NOMINAL


def test_a_wall_ahead_occupies_the_cells_at_its_distance_and_the_floor_none():
    seen = rays(CAMERA, NOMINAL)
    cells = FloorGrid(CAMERA, NOMINAL, LIMITS, 0.05)(
        nearest(floor(seen, NOMINAL), plane(seen, (1, 0, 0), 2.02)))
    assert cells.shape == (60, 120)
    ahead, across = np.nonzero(cells)
    assert set(ahead) == {40}
    # the field of view is 63 degrees wide: 1.24 m to either side
    assert across.min() in range(34, 38) and across.max() in range(82, 86)


def test_a_post_on_the_left_is_on_the_left_of_the_grid():
    seen = rays(CAMERA, NOMINAL)
    cells = FloorGrid(CAMERA, NOMINAL, LIMITS, 0.05)(
        nearest(floor(seen, NOMINAL), sphere(seen, (1.5, 0.5, -0.3), 0.1)))
    ahead, across = np.nonzero(cells)
    assert len(ahead) and set(ahead) <= {28, 29, 30}   # its near and its upper side
    assert set(across) <= set(range(47, 53))       # 0.4 to 0.6 m left of column 60


@pytest.mark.parametrize('distance, limits', [
    (3.2, LIMITS), (0.15, LIMITS), (2.0, ScanLimits(1.3, 1.5, 0.2, 3.0))])
def test_what_is_too_far_too_near_or_too_low_occupies_nothing(distance, limits):
    depth = plane(rays(CAMERA, NOMINAL), (1, 0, 0), distance).astype(np.float32)
    depth[:40] = np.nan                            # only what is lower than the camera
    assert not FloorGrid(CAMERA, NOMINAL, limits, 0.05)(depth).any()
