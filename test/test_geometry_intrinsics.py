# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics follow their image."""

import math

import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics

VGA = Intrinsics(525.0, 520.0, 319.5, 239.5, 480, 640)


def test_a_vertical_field_of_view_is_met_at_the_edges_of_the_image():
    lens = Intrinsics.from_vertical_fov(math.radians(45), (240, 320))
    assert (lens.cx, lens.cy) == (159.5, 119.5)
    assert lens.fx == lens.fy
    # The top edge lies half a pixel above the first row's centre.
    assert math.atan2(lens.cy + 0.5, lens.fy) == pytest.approx(math.radians(22.5))
    assert lens.vertical_fov == pytest.approx(math.radians(45))


def test_a_resize_keeps_the_field_of_view_and_the_edges():
    small = VGA.resized((228, 304))
    assert small.vertical_fov == pytest.approx(VGA.vertical_fov)
    assert (small.cx + 0.5) / small.width == pytest.approx((VGA.cx + 0.5) / VGA.width)
    assert (small.cy + 0.5) / small.height == pytest.approx((VGA.cy + 0.5) / VGA.height)


def test_a_resize_and_back_is_the_identity():
    back = VGA.resized((100, 77)).resized((480, 640))
    np.testing.assert_allclose(back.matrix(), VGA.matrix())


def test_a_crop_moves_only_the_principal_point():
    part = VGA.cropped(10, 20, 300, 400)
    assert part == Intrinsics(525.0, 520.0, 299.5, 229.5, 300, 400)


def test_the_matrix_projects_a_point_in_front_of_the_camera():
    u, v, w = VGA.matrix() @ (0.1, -0.2, 2.0)
    assert (u / w, v / w) == pytest.approx((319.5 + 525 * 0.05, 239.5 - 520 * 0.1))


@pytest.mark.parametrize(('change', 'culprit'), [
    ({'fx': 0.0}, 'fx'), ({'fy': -1.0}, 'fy'), ({'fx': math.nan}, 'fx'),
    ({'cx': math.inf}, 'cx'), ({'height': 0}, 'height'), ({'width': 3.5}, 'width'),
])
def test_impossible_intrinsics_are_refused_by_name(change, culprit):
    values = {'fx': 1.0, 'fy': 1.0, 'cx': 0.0, 'cy': 0.0, 'height': 2, 'width': 2, **change}
    with pytest.raises(GeometryError, match=culprit):
        Intrinsics(**values)


@pytest.mark.parametrize('crop', [
    (0, 0, 481, 640), (1, 0, 480, 640), (0, -1, 10, 10), (0, 0, 0, 10), (479, 639, 1, 2)])
def test_a_crop_outside_the_image_is_refused_with_both_sizes(crop):
    with pytest.raises(DepthDistillError, match=f'{crop[2]}x{crop[3]}.*480x640'):
        VGA.cropped(*crop)


@pytest.mark.parametrize('angle', [0.0, math.pi, -1.0, math.nan])
def test_an_impossible_field_of_view_is_refused(angle):
    with pytest.raises(GeometryError, match='field of view'):
        Intrinsics.from_vertical_fov(angle, (10, 10))
