# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's two sets of metrics and its crops give the known numbers."""

import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.crops import counted
from depth_distill_ros.evaluation.kitti import benchmark_metrics, eigen_metrics
from depth_distill_ros.evaluation.metrics import MetricsWindow

REFERENCE = np.array([[5.0, 10, 20, 40, 80]])
PREDICTION = np.array([[6.0, 9, 22, 30, 79]])


def test_the_golden_numbers_of_eigen_et_al_are_met():
    found = eigen_metrics(PREDICTION, REFERENCE)
    assert found == pytest.approx({
        'abs_rel': 0.1325, 'sq_rel': 0.6025, 'mse': 21.4, 'rmse': 4.6260134,
        'rmse_log': 0.1651334, 'delta1': 0.8, 'delta2': 1.0, 'delta3': 1.0}, abs=5e-8)


def test_the_golden_numbers_of_the_benchmark_are_met():
    assert benchmark_metrics(PREDICTION, REFERENCE) == pytest.approx({
        'silog': 16.3137335, 'sq_error_rel': 2.453125, 'abs_error_rel': 13.25,
        'irmse': 16.2769686}, abs=5e-8)


def test_a_factor_on_every_depth_leaves_silog_alone():
    found = benchmark_metrics(3 * PREDICTION, REFERENCE)
    assert found['silog'] == pytest.approx(16.3137335)
    assert found['abs_error_rel'] > 100


@pytest.mark.parametrize('metrics', [eigen_metrics, benchmark_metrics])
def test_holes_do_not_count_and_other_shapes_are_refused(metrics):
    holed = np.append(REFERENCE, [[0.0, np.nan, np.inf]], axis=1)
    padded = np.append(PREDICTION, [[1.0, np.nan, 3.0]], axis=1)
    assert metrics(padded, holed) == metrics(PREDICTION, REFERENCE)
    with pytest.raises(DepthDistillError, match='resize'):
        metrics(PREDICTION, holed)


def test_a_window_means_these_metrics_too_in_both_conventions_where_there_is_an_mse():
    window = MetricsWindow()
    window.add(eigen_metrics(PREDICTION, REFERENCE))
    window.add(eigen_metrics(REFERENCE, REFERENCE))
    assert window.summary()['rmse'] == pytest.approx(4.6260134 / 2)
    assert window.summary()['rmse_pooled'] == pytest.approx((21.4 / 2) ** 0.5)
    window = MetricsWindow()
    window.add(benchmark_metrics(PREDICTION, REFERENCE))
    assert window.summary() == pytest.approx(benchmark_metrics(PREDICTION, REFERENCE))


@pytest.mark.parametrize('crop, rows, columns', [
    ('none', (0, 375), (0, 1242)), ('garg', (153, 371), (44, 1197)),
    ('eigen', (124, 342), (44, 1197))])
def test_a_crop_counts_these_rows_and_columns_of_a_kitti_image(crop, rows, columns):
    kept = np.isfinite(counted(np.full((375, 1242), 9, np.float32), crop, 1e-3, 80.0))
    expected = np.zeros((375, 1242), bool)
    expected[slice(*rows), slice(*columns)] = True
    assert (kept == expected).all()


def test_depths_at_or_beyond_the_cap_do_not_count_nor_do_holes():
    depth = np.array([[0, 0.001, 0.5, 79.9, 80, 90, np.nan, np.inf]], np.float32)
    kept = np.isfinite(counted(depth, 'none', 1e-3, 80.0))
    assert kept.tolist() == [[False, False, True, True, False, False, False, False]]


@pytest.mark.parametrize('size, rows, columns', [
    ((480, 640), (45, 471), (41, 601)), ((240, 320), (22, 235), (20, 300))])
def test_the_usual_crop_of_nyu_is_eigens_at_every_size(size, rows, columns):
    kept = np.isfinite(counted(np.full(size, 2, np.float32), 'nyu', 1e-3, 10.0))
    expected = np.zeros(size, bool)
    expected[slice(*rows), slice(*columns)] = True
    assert (kept == expected).all()
