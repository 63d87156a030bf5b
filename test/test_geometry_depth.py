# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth values mean metres along the optical axis, NaN nothing."""

import numpy as np
import pytest

from depth_distill_ros.geometry.depth import (
    beyond_is_free,
    metres_to_millimetres,
    millimetres_to_metres,
    valid,
    z_from_ray_length,
)
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics


def test_only_finite_positive_depths_are_valid():
    depth = np.array([[1.0, 0.0, -1.0, np.nan, np.inf, -np.inf, 1e-6]], np.float32)
    assert valid(depth).tolist() == [[True, False, False, False, False, False, True]]


def test_ray_lengths_to_a_flat_wall_become_one_depth():
    lens = Intrinsics(200.0, 210.0, 80.25, 60.75, 120, 160)
    v, u = np.mgrid[:120, :160]
    x, y = (u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy
    z = z_from_ray_length(2.5 * np.sqrt(1 + x ** 2 + y ** 2), lens)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z, 2.5, rtol=1e-6)


def test_holes_of_ray_lengths_stay_holes():
    lens = Intrinsics(2.0, 2.0, 1.0, 0.0, 1, 3)
    z = z_from_ray_length(np.array([[np.nan, np.inf, -np.inf]]), lens)
    np.testing.assert_array_equal(z, [[np.nan, np.inf, -np.inf]])


def test_ray_lengths_of_another_size_than_their_intrinsics_are_refused():
    with pytest.raises(GeometryError, match=r'\(4, 5\).*\(1, 3\)'):
        z_from_ray_length(np.ones((4, 5)), Intrinsics(2.0, 2.0, 1.0, 0.0, 1, 3))


def test_millimetres_and_metres_turn_into_each_other_and_zero_is_invalid():
    millimetres = np.array([[0, 1, 1234, 65535]], np.uint16)
    metres = millimetres_to_metres(millimetres)
    assert metres.dtype == np.float32
    np.testing.assert_allclose(metres, [[np.nan, 0.001, 1.234, 65.535]], rtol=1e-6)
    back = metres_to_millimetres(metres)
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, millimetres)


def test_depth_that_sixteen_bits_cannot_hold_is_invalid_and_no_wall():
    metres = np.array([[70.0, np.inf, -np.inf, np.nan, -2.0]], np.float32)
    assert metres_to_millimetres(metres).tolist() == [[0, 0, 0, 0, 0]]


def test_with_free_beyond_free_space_is_a_reading_at_that_depth_and_nearer_depth_is_rounded():
    metres = np.array([[70.0, np.inf, 10.1, -np.inf, np.nan, -2.0, 0.0, 1.2344, 9.9996]],
                      np.float32)
    found = metres_to_millimetres(metres, free_beyond=10.0)
    assert found.dtype == np.uint16
    assert found.tolist() == [[10000, 10000, 10000, 0, 0, 0, 0, 1234, 10000]]
    found = metres_to_millimetres(metres, free_beyond=65.535)
    assert found.tolist()[0][:3] == [65535, 65535, 10100]
    assert metres[0, 0] == 70.0


@pytest.mark.parametrize('limit', [0.0, -1.0, 66.0, np.nan])
def test_a_limit_that_sixteen_bits_cannot_hold_is_refused(limit):
    with pytest.raises(GeometryError, match='65.535'):
        metres_to_millimetres(np.ones((1, 1), np.float32), limit)


def test_depth_beyond_the_limit_is_infinite_and_unknown_depth_stays_unknown():
    depth = np.array([[1.0, 5.0, 5.1, np.inf, np.nan, -np.inf]], np.float32)
    found = beyond_is_free(depth, 5.0)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[1.0, 5.0, np.inf, np.inf, np.nan, -np.inf]])
