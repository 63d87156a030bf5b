# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network's depth lies on the camera's pixels where the camera's intrinsics put it."""

import numpy as np
import pytest

from depth_distill_ros.geometry.camera_grid import CameraGrid
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.view import View

NAN = float('nan')
CASES = [(rule, source, target, network) for rule in (View.fit, View.pad)
         for source, target, network in [
             ((480, 640), (228, 304), (228, 304)), ((480, 640), (228, 304), (114, 152)),
             ((720, 1280), (228, 304), (57, 76)), ((61, 47), (96, 128), (48, 64)),
             ((200, 350), (91, 133), (91, 133)), ((111, 400), (97, 131), (49, 66))]]


def lens_of(size):
    return Intrinsics(0.9 * size[1], 0.8 * size[1], 0.47 * size[1], 0.55 * size[0], *size)


@pytest.mark.parametrize(('rule', 'source', 'target', 'network'), CASES)
def test_a_ramp_over_the_view_comes_back_as_the_cameras_own(rule, source, target, network):
    view, before = rule(source, target), lens_of(source)
    after = view.intrinsics(before).resized(network)
    v, u = np.mgrid[:network[0], :network[1]]
    grid = CameraGrid(view, source, network)
    for values, tall in (((u - after.cx) / after.fx, False), ((v - after.cy) / after.fy, True)):
        found = grid.depth((100.0 + values).astype(np.float32)) - 100.0
        pixel = found * before.fy + before.cy if tall else found * before.fx + before.cx
        rows, columns = np.mgrid[:source[0], :source[1]]
        away = np.abs(pixel - (rows if tall else columns))
        # Half a camera pixel, or less than one of the network's at the border, where nothing
        # lies further out; float32 holds 100 to a few hundredths of a pixel.
        step = max(before.fx / after.fx, before.fy / after.fy)
        top, left, height, width = view.crop
        margin = int(np.ceil(step))
        inner = away[top + margin:top + height - margin, left + margin:left + width - margin]
        assert inner.max() <= 0.05
        assert np.nanmax(away) <= 1.01 * step


@pytest.mark.parametrize(('rule', 'source', 'target', 'network'), CASES)
def test_pixels_outside_the_view_are_nan_and_all_others_are_not(rule, source, target, network):
    view = rule(source, target)
    grid = CameraGrid(view, source, network)
    top, left, height, width = view.crop
    inside = np.zeros(source, bool)
    inside[top:top + height, left:left + width] = True
    for found in (grid.depth(np.ones(network, np.float32)),
                  grid.confidence(np.full(network, 0.5, np.float32))):
        assert found.shape == source and found.dtype == np.float32
        np.testing.assert_array_equal(np.isfinite(found), inside)


def test_an_edge_stays_an_edge_within_half_a_pixel_of_the_network():
    depth = np.where(np.arange(64) < 30, 1.0, 4.0).astype(np.float32)
    grid = CameraGrid(View.fit((480, 640), (48, 64)), (480, 640), (48, 64))
    found = grid.depth(np.tile(depth, (48, 1)))
    assert set(np.unique(found)) == {1.0, 4.0}
    assert (np.argmax(found > 2, axis=1) == 300).all()


@pytest.mark.parametrize('hole', [NAN, np.inf, -np.inf])
def test_holes_and_infinities_are_never_blended(hole):
    depth = np.full((24, 32), 2.0, np.float32)
    depth[10:14, 5:9] = hole
    found = CameraGrid(View.fit((240, 320), (24, 32)), (240, 320), (24, 32)).depth(depth)
    expected = np.full((240, 320), 2.0, np.float32)
    expected[100:140, 50:90] = hole
    np.testing.assert_array_equal(found, expected)


def test_the_output_in_bars_is_used_for_no_pixel():
    view = View.pad((90, 160), (60, 60))
    for network in ((60, 60), (30, 30), (15, 15), (11, 13)):
        depth = np.full(network, 9.0, np.float32)
        scale = network[0] / 60
        top, _, height, _ = view.place
        inside = slice(int(np.ceil(top * scale - 0.5)),
                       int(np.floor((top + height) * scale - 0.5)) + 1)
        depth[inside] = 2.0
        assert (CameraGrid(view, (90, 160), network).depth(depth) == 2.0).all()


def test_a_camera_of_the_views_own_size_gets_the_networks_values_unchanged():
    depth = np.random.default_rng(0).uniform(1, 5, (24, 32)).astype(np.float32)
    found = CameraGrid(View.fit((24, 32), (24, 32)), (24, 32), (24, 32)).depth(depth)
    np.testing.assert_array_equal(found, depth)


def test_sizes_that_do_not_belong_together_are_refused():
    view = View.fit((480, 640), (24, 32))
    with pytest.raises(GeometryError, match='240x320'):
        CameraGrid(view, (240, 320), (24, 32))
    with pytest.raises(GeometryError, match=r'\(12, 16\)'):
        CameraGrid(view, (480, 640), (24, 32)).depth(np.ones((12, 16), np.float32))
    with pytest.raises(GeometryError, match='without bars'):
        CameraGrid(View.pad((10, 1000), (100, 100)), (10, 1000), (2, 2))


@pytest.mark.parametrize(('rule', 'source', 'target', 'network'), CASES)
def test_depth_is_that_of_the_formula_pixel_by_pixel(rule, source, target, network):
    view, random = rule(source, target), np.random.default_rng(3)
    depth = random.uniform(2.0, 2.2, network).astype(np.float32)
    depth[random.random(network) < 0.05] = NAN
    depth[random.random(network) < 0.05] = np.inf
    depth[random.random(network) < 0.05] = 5.0
    camera, after = lens_of(source), view.intrinsics(lens_of(source)).resized(network)
    shown, (top, left, height, width) = view.shown(network), view.crop
    y, x = (((np.arange(first, first + count) - before[0]) / before[1] * now[1] + now[0]).clip(
        kept.start, kept.stop - 1) for first, count, before, now, kept in (
            (top, height, (camera.cy, camera.fy), (after.cy, after.fy), shown[0]),
            (left, width, (camera.cx, camera.fx), (after.cx, after.fx), shown[1])))
    found = CameraGrid(view, source, network).depth(depth)
    for row, column in random.integers(0, (height, width), (300, 2)):
        v, u = y[row], x[column]
        if min(abs(2 * c - np.rint(2 * c)) for c in (u, v)) < 1e-3:
            continue  # where rounding decides which pixel is nearest, or in which cell it is
        i, j = int(v), int(u)
        four = depth[i:i + 2, j:j + 2].astype(float)
        if np.isfinite(four).all() and four.max() <= 1.1 * four.min():
            down, right = (v - i, u - j)
            expected = np.array([1 - down, down])[:len(four)] @ four @ np.array(
                [1 - right, right])[:four.shape[1]]
        else:
            expected = depth[round(v), round(u)]
        np.testing.assert_allclose(found[top + row, left + column], expected, atol=1e-3)


@pytest.mark.parametrize(('rule', 'source', 'target', 'network'), CASES)
def test_memory_that_is_written_again_holds_nothing_of_the_depth_before(
        rule, source, target, network):
    random = np.random.default_rng(4)
    first, second = (random.uniform(1, 5, network).astype(np.float32) for _ in range(2))
    grid, out = CameraGrid(rule(source, target), source, network), np.empty(source, np.float32)
    kept = grid.depth(first)
    before = kept.copy()
    assert grid.depth(first, out) is out
    np.testing.assert_array_equal(out, before)
    grid.depth(second, out)
    np.testing.assert_array_equal(out, CameraGrid(rule(source, target), source, network).depth(
        second))
    np.testing.assert_array_equal(kept, before)
