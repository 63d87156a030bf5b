# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After a crop and a resize each thing is where the carried intrinsics say."""

import cv2
import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.view import View

SIZES = [
    ((480, 640), (228, 304)), ((480, 640), (96, 128)), ((240, 320), (96, 128)),
    ((376, 1241), (228, 304)), ((641, 479), (96, 128)), ((100, 100), (228, 304)),
    *[tuple(map(tuple, s)) for s in np.random.default_rng(0).integers(60, 500, (20, 2, 2))],
]


def lens_of(size):
    return Intrinsics(0.9 * size[1], 0.8 * size[1], 0.47 * size[1], 0.55 * size[0], *size)


@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_fit_is_the_largest_centred_crop_of_the_targets_shape(source, target):
    view = View.fit(source, target)
    top, left, height, width = view.crop
    assert height == source[0] or width == source[1]
    assert abs(height * target[1] - width * target[0]) <= max(target) / 2
    assert abs(2 * top + height - source[0]) <= 1
    assert abs(2 * left + width - source[1]) <= 1


def test_vga_needs_no_crop_at_the_networks_usual_size():
    assert View.fit((480, 640), (228, 304)).crop == (0, 0, 480, 640)


@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_bright_dot_lands_where_the_carried_intrinsics_project_it(source, target):
    view = View.fit(source, target)
    before, after = lens_of(source), view.intrinsics(lens_of(source))
    top, left, height, width = view.crop
    # A blob well inside the crop, wide enough for a centroid at the smaller size.
    u, v = left + 0.53 * width, top + 0.44 * height
    sigma = 2.0 * max(1.0, height / target[0])
    rows, columns = np.mgrid[:source[0], :source[1]]
    blob = 250 * np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / (2 * sigma ** 2))
    small = view.image(np.repeat(blob.astype(np.uint8)[..., None], 3, 2))[..., 0].astype(float)
    rows, columns = np.mgrid[:target[0], :target[1]]
    found = (small * columns).sum() / small.sum(), (small * rows).sum() / small.sum()
    point = np.linalg.inv(before.matrix()) @ (u, v, 1.0)
    expected = after.matrix() @ point
    np.testing.assert_allclose(found, expected[:2], atol=0.06)


@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_ramp_keeps_its_values_at_the_mapped_pixels(source, target):
    view = View.fit(source, target)
    before, after = lens_of(source), view.intrinsics(lens_of(source))
    rows, columns = np.mgrid[:source[0], :source[1]].astype(np.float32)
    ramp = view.image(np.stack([rows, columns, rows + columns], 2))
    v, u = np.mgrid[:target[0], :target[1]]
    expected_u = (u - after.cx) / after.fx * before.fx + before.cx
    expected_v = (v - after.cy) / after.fy * before.fy + before.cy
    # Bilinear sampling repeats the border pixel, so the ramp ends there.
    away = np.stack([ramp[..., 1] - expected_u, ramp[..., 0] - expected_v])[:, 2:-2, 2:-2]
    # An area average weighs the pixels cut by its border by less than an eighth of a pixel
    # wrongly, up as often as down.
    assert np.abs(away).max() <= 0.13
    assert np.abs(away.mean(axis=(1, 2))).max() <= 0.01


@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_label_is_that_of_the_source_pixel_under_the_centre(source, target):
    view = View.fit(source, target)
    before, after = lens_of(source), view.intrinsics(lens_of(source))
    names = np.arange(source[0] * source[1]).reshape(source)
    v, u = np.mgrid[:target[0], :target[1]]
    found_v, found_u = np.divmod(view.labels(names), source[1])
    # The centre lies within the chosen pixel: no further than half a pixel from its own.
    away_u = (u - after.cx) / after.fx * before.fx + before.cx - found_u
    away_v = (v - after.cy) / after.fy * before.fy + before.cy - found_v
    assert np.abs(away_u).max() <= 0.5 + 1e-9
    assert np.abs(away_v).max() <= 0.5 + 1e-9


def test_depth_is_never_averaged_across_an_edge():
    depth = np.where(np.arange(64) < 31, 1.0, 5.0).astype(np.float32)
    small = View.fit((64, 64), (20, 20)).depth(np.tile(depth, (64, 1)))
    assert small.dtype == np.float32
    assert set(np.unique(small)) == {1.0, 5.0}


def test_a_view_of_the_same_size_changes_nothing_and_results_are_contiguous():
    image = np.random.default_rng(1).integers(0, 256, (20, 31, 3), np.uint8)
    view = View.fit((20, 31), (20, 30))
    result = view.image(image)
    np.testing.assert_array_equal(result, image[:, :30])
    assert result.flags.c_contiguous
    assert view.labels(image[..., 0]).flags.c_contiguous


def test_shrinking_averages_instead_of_picking_pixels():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    small = View.fit((64, 64), (16, 16)).image(np.repeat(board[..., None], 3, 2))
    assert small.min() >= 127 and small.max() <= 128


def test_a_smaller_image_than_the_views_source_is_refused():
    view = View.fit((480, 640), (96, 128))
    with pytest.raises(GeometryError, match='240x320'):
        view.image(np.zeros((240, 320, 3), np.uint8))
    with pytest.raises(GeometryError):
        view.intrinsics(lens_of((240, 320)))


@pytest.mark.parametrize('size', [(0, 10), (10, -1), (10.5, 10)])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(GeometryError, match='size'):
        View.fit((480, 640), size)


@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_pad_shows_the_whole_image_as_large_as_it_goes_in_the_middle(source, target):
    view = View.pad(source, target)
    top, left, height, width = view.place
    assert view.crop == (0, 0, *source) and view.size == target
    assert height == target[0] or width == target[1]
    assert abs(height * source[1] - width * source[0]) <= max(source) / 2
    assert abs(2 * top + height - target[0]) <= 1 and abs(2 * left + width - target[1]) <= 1


@pytest.mark.parametrize('rule', [View.fit, View.pad])
@pytest.mark.parametrize(('source', 'target'), SIZES)
def test_a_point_lands_where_the_views_intrinsics_project_it(rule, source, target):
    view, before = rule(source, target), lens_of(source)
    after = view.intrinsics(before)
    points = np.random.default_rng(3).uniform([-2, -2, 1], [2, 2, 9], (50, 3))
    u, v, _ = before.matrix() @ (points / points[:, 2:]).T
    # A pixel's place in the crop, in shares of the crop's edges, is its place in the result's.
    for found, seen, axis in ((v, after.fy * points[:, 1] / points[:, 2] + after.cy, 0),
                              (u, after.fx * points[:, 0] / points[:, 2] + after.cx, 1)):
        share = (found + 0.5 - view.crop[axis]) / view.crop[axis + 2]
        expected = view.place[axis] + share * view.place[axis + 2] - 0.5
        np.testing.assert_allclose(seen, expected, atol=1e-6)


def test_bars_repeat_the_edge_and_have_no_class_and_no_depth():
    view = View.pad((40, 40), (20, 30))
    assert view.place == (0, 5, 20, 20)
    image = view.image(np.repeat(np.arange(1, 41, dtype=np.uint8), 120).reshape(40, 40, 3)
                       .transpose(1, 0, 2))
    assert image.shape == (20, 30, 3) and image.flags.c_contiguous
    assert (image[:, :5] == image[:, 5:6]).all() and (image[:, 25:] == image[:, 24:25]).all()
    labels = view.labels(np.full((40, 40), 7, np.uint8))
    assert (labels[:, 5:25] == 7).all() and not labels[:, :5].any() and not labels[:, 25:].any()
    depth = view.depth(np.full((40, 40), 2.0, np.float32))
    assert (depth[:, 5:25] == 2).all() and np.isnan(depth[:, :5]).all()


def test_a_place_outside_the_result_is_refused():
    with pytest.raises(GeometryError, match='20x30'):
        View((0, 0, 10, 10), (20, 30), (5, 0, 20, 30))


@pytest.mark.parametrize('size', [(20, 30), (10, 15), (40, 60), (7, 11)])
def test_what_a_network_says_about_bars_is_nan_at_any_output_size(size):
    view = View.pad((40, 40), (20, 30))
    found = view.without_bars(np.ones(size, np.float32))
    middles = (np.arange(size[1]) + 0.5) * 30 / size[1]
    inside = (middles >= 5) & (middles <= 25)
    np.testing.assert_array_equal(np.isfinite(found), np.tile(inside, (size[0], 1)))


def test_a_view_without_bars_keeps_all_that_the_network_says():
    output = np.random.default_rng(0).random((57, 76)).astype(np.float32)
    np.testing.assert_array_equal(
        View.fit((480, 640), (228, 304)).without_bars(output), output)


@pytest.mark.parametrize('source, rows, size', [
    ((480, 640), 96, (96, 128)), ((360, 640), 96, (96, 171)), ((48, 64), 96, (48, 64)),
    ((500, 1), 96, (96, 1))])
def test_a_reduced_view_has_the_whole_image_at_most_so_many_rows_high(source, rows, size):
    view = View.reduced(source, rows)
    assert (view.size, view.crop, view.bars) == (size, (0, 0, *source), (0, 0, 0, 0))


@pytest.mark.parametrize(('source', 'target'), [
    ((480, 640), (228, 304)), ((720, 1280), (228, 304)), ((720, 960), (96, 128)),
    ((479, 640), (228, 304)), ((480, 640), (96, 128)), ((480, 640), (300, 400))])
def test_shrinking_is_close_to_the_average_over_each_pixel_s_area(source, target):
    coarse = np.random.default_rng(5).integers(0, 256, (30, 40, 3), np.uint8)
    image = cv2.resize(coarse, source[::-1], interpolation=cv2.INTER_CUBIC)
    view = View.fit(source, target)
    top, left, height, width = view.crop
    expected = cv2.resize(image[top:top + height, left:left + width].astype(np.float32),
                          target[::-1], interpolation=cv2.INTER_AREA)
    away = np.abs(view.image(image) - expected)
    assert away.mean() <= 0.6 and away.max() <= 6.0
    if not view.halvings:
        assert away.max() <= 0.51


def test_a_whole_factor_is_one_average():
    assert View.fit((480, 640), (96, 128)).halvings == 0
    assert View.fit((480, 640), (228, 304)).halvings == 1
    assert View.fit((960, 1280), (228, 304)).halvings == 2
    assert View((0, 0, 481, 640), (228, 304)).halvings == 0
    assert View.fit((100, 100), (228, 304)).halvings == 0
