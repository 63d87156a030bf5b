# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures are images on disk that show what they were given."""

import cv2
import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.figures import (
    draw_comparison,
    draw_curves,
    draw_errors,
    draw_transformed,
)
from depth_distill_ros.geometry.colour import colour_depth

IMAGES = [np.full((48, 64, 3), level, np.uint8) for level in (40, 200)]
DEPTH = np.linspace(1, 5, 24 * 32, dtype=np.float32).reshape(24, 32)
HOLED = np.where(DEPTH < 1.5, np.float32(np.nan), DEPTH)


def test_near_is_red_far_is_blue_and_no_depth_is_black():
    red, blue, *black = colour_depth(np.array([[1.6, 4.5, np.nan, np.inf, -np.inf]]), 1, 5)[0]
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50
    assert not np.any(black)


def test_one_depth_everywhere_has_a_colour():
    assert colour_depth(np.full((2, 2), 3.0), 3, 3).shape == (2, 2, 3)


def shown(path):
    image = cv2.imread(str(path))
    assert image is not None
    return image


@pytest.mark.slow
def test_the_comparison_has_a_row_a_frame_and_a_column_a_title(tmp_path):
    one, two, wide = (tmp_path / 'new' / name for name in ('1.png', '2.png', '3.png'))
    depths = {'ground truth': [HOLED, HOLED], 'D3': [DEPTH, DEPTH]}
    draw_comparison(two, IMAGES, depths)
    draw_comparison(one, IMAGES[:1], {title: column[:1] for title, column in depths.items()})
    draw_comparison(wide, IMAGES, {**depths, 'KD-OOD': [DEPTH, HOLED]})
    assert shown(two).shape[0] > 1.5 * shown(one).shape[0]
    assert shown(wide).shape[1] > 1.2 * shown(two).shape[1]


def test_the_transformed_images_are_shown_with_and_without_depth(tmp_path):
    columns = IMAGES, IMAGES, IMAGES
    draw_transformed(tmp_path / '3.png', *columns)
    draw_transformed(tmp_path / '4.png', *columns, {'teacher': [DEPTH, DEPTH]})
    assert shown(tmp_path / '4.png').shape[1] > shown(tmp_path / '3.png').shape[1]


@pytest.mark.parametrize('prediction', [
    DEPTH * 1.1, np.full_like(DEPTH, np.nan), np.full_like(DEPTH, 3), HOLED])
def test_where_a_prediction_is_wrong_is_drawn_whatever_it_is(tmp_path, prediction):
    draw_errors(tmp_path / 'error.png', 'a frame', IMAGES[0], HOLED, prediction)
    assert shown(tmp_path / 'error.png').std() > 5


def test_curves_have_points_and_a_line_each(tmp_path):
    draw_curves(tmp_path / 'one.png', 'images', 'δ1', {'a': [(0, [0.5, 0.6]), (10, [0.8])]})
    draw_curves(tmp_path / 'two.png', 'images', 'δ1', {
        'a': [(0, [0.5, 0.6]), (10, [0.8])], 'b': [(0, [0.7]), (10, [0.9])]})
    assert (shown(tmp_path / 'one.png') != shown(tmp_path / 'two.png')).any()


@pytest.mark.parametrize('images, depths', [
    (IMAGES, {'teacher': [DEPTH]}), ([], {'teacher': []})])
def test_columns_of_other_frames_or_of_none_are_refused(tmp_path, images, depths):
    with pytest.raises(DepthDistillError, match='teacher'):
        draw_comparison(tmp_path / 'figure.png', images, depths)


def test_a_figure_that_cannot_be_written_names_its_path(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(DepthDistillError, match=r'file/figure\.png'):
        draw_comparison(tmp_path / 'file' / 'figure.png', IMAGES, {'teacher': [DEPTH] * 2})
