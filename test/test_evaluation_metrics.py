# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth metrics give the papers' numbers and no credit for impossible depths."""

import math

import numpy as np
import pytest
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.kitti import eigen_metrics
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics, is_close

ROW, COLUMN = np.mgrid[:4, :5]
REFERENCE = 1 + 0.1 * ROW + 0.05 * COLUMN
PREDICTION = REFERENCE + 0.2 * ((ROW + COLUMN) % 3)


def test_the_golden_numbers_are_met():
    found = depth_metrics(PREDICTION, REFERENCE)
    expected = {
        'mse': 0.0620, 'rmse': 0.2489980, 'rel': 0.1534394, 'log10': 0.0591903, 'mae': 0.19,
        'delta1': 0.70, 'delta2': 1.0, 'delta3': 1.0}
    assert found == pytest.approx(expected, abs=5e-8)


def test_a_perfect_depth_is_perfect():
    found = depth_metrics(REFERENCE.astype(np.float32), REFERENCE.astype(np.float32))
    assert [found[f'delta{k}'] for k in (1, 2, 3)] == [1.0, 1.0, 1.0]
    assert found['rmse'] == found['rel'] == found['log10'] == found['mae'] == 0.0


@pytest.mark.parametrize('metrics', [depth_metrics, eigen_metrics])
def test_a_ratio_of_exactly_the_threshold_is_wrong_either_way_as_the_papers_have_it(metrics):
    reference = np.array([[1.0, 1.25, 1.0, 1.0, 1.0]])
    prediction = np.array([[1.25, 1.0, 1.2499999, 1.5625, 1.9531249]])
    found = metrics(prediction, reference)
    assert (found['delta1'], found['delta2'], found['delta3']) == (0.2, 0.6, 1.0)


def test_numpy_and_torch_call_the_same_pixels_close():
    p = np.array([1.0, 1.25, 1.2, 0.5, np.nan, 1.0])
    g = np.array([1.25, 1.0, 1.0, 1.0, 1.0, np.nan])
    expected = [False, False, True, False, False, False]
    assert is_close(p, g).tolist() == expected
    assert is_close(torch.from_numpy(p), torch.from_numpy(g)).tolist() == expected


def test_a_depth_of_zero_or_less_is_wrong_and_not_correct():
    found = depth_metrics(np.array([[-5.0, 0.0]]), np.array([[2.0, 2.0]]))
    assert found['delta1'] == found['delta3'] == 0.0
    assert found['mae'] == pytest.approx(1.999)
    assert found['log10'] == pytest.approx(math.log10(2000))


def test_holes_of_the_reference_are_left_out_whatever_is_predicted_there():
    reference, prediction = REFERENCE.copy(), PREDICTION.copy()
    reference[0, :4] = 0, np.nan, np.inf, -1
    prediction[0, :4] = np.nan, 1e9, -3, np.inf
    kept = np.ones((4, 5), bool)
    kept[0, :4] = False
    assert depth_metrics(prediction, reference) == pytest.approx(
        depth_metrics(PREDICTION[kept], REFERENCE[kept]))


def test_a_prediction_that_is_no_number_is_wrong_and_shows_in_the_errors():
    prediction = REFERENCE.copy()
    prediction[0, 0] = np.nan
    found = depth_metrics(prediction, REFERENCE)
    assert found['delta1'] == pytest.approx(0.95)
    assert math.isnan(found['rmse']) and math.isnan(found['rel'])


def test_a_reference_without_a_valid_pixel_is_an_error():
    with pytest.raises(DepthDistillError, match='no pixel'):
        depth_metrics(np.ones((2, 2)), np.zeros((2, 2)))


def test_shapes_that_differ_are_an_error_with_both():
    with pytest.raises(DepthDistillError, match=r'\(2, 3\).*\(2, 2\)'):
        depth_metrics(np.ones((2, 3)), np.ones((2, 2)))


def test_both_rmse_conventions_are_given_over_a_window():
    window = MetricsWindow(10)
    window.add(depth_metrics(np.full((2, 2), 1.1), np.ones((2, 2))))
    window.add(depth_metrics(np.full((2, 2), 1.7), np.ones((2, 2))))
    summary = window.summary()
    assert summary['rmse'] == pytest.approx((0.1 + 0.7) / 2)
    assert summary['rmse_pooled'] == pytest.approx(math.sqrt((0.01 + 0.49) / 2))
    assert summary['delta1'] == pytest.approx(0.5)
    assert summary['mae'] == pytest.approx(0.4)


def test_the_pooled_rmse_is_over_pixels_where_images_have_more_or_fewer_of_them():
    window = MetricsWindow()
    for error, pixels in ((0.1, 300), (0.7, 100)):
        window.add(depth_metrics(np.full((2, 2), 1 + error), np.ones((2, 2))), pixels)
    summary = window.summary()
    assert summary['rmse'] == pytest.approx((0.1 + 0.7) / 2)
    assert summary['rmse_pooled'] == pytest.approx(math.sqrt((3 * 0.01 + 0.49) / 4))


def test_a_window_forgets_the_oldest_image():
    window = MetricsWindow(2)
    for prediction in (9.0, 1.0, 1.2):
        window.add(depth_metrics(np.full((1, 1), prediction), np.ones((1, 1))))
    assert len(window) == 2
    assert window.summary()['mae'] == pytest.approx(0.1)


def test_an_empty_window_has_no_figures_and_one_of_no_images_is_refused():
    assert MetricsWindow().summary() == {}
    with pytest.raises(DepthDistillError, match='0 images'):
        MetricsWindow(0)
