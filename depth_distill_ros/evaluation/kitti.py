# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Evaluation on KITTI: the metrics of Eigen et al. and those of the benchmark.

Two metrics have nearly the same name: ``sq_rel`` divides the squared error by the depth, the
benchmark's ``sq_error_rel`` by the squared depth.
"""

from __future__ import annotations

import numpy as np

from depth_distill_ros.evaluation.metrics import compared_pixels, deltas


def eigen_metrics(prediction: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """
    Compare two depths as ``depth_metrics`` does, with the metrics of Eigen et al. (2014).

    Returns:
        abs_rel, sq_rel: mean |p - g| / g; mean (p - g)^2 / g, m
        mse, rmse: of this image, m^2 and m
        rmse_log: root of the mean squared difference of the natural logarithms
        delta1, delta2, delta3: share of the pixels with max(p/g, g/p) < 1.25 ** k
    """
    p, g = compared_pixels(prediction, reference)
    squared = (p - g) ** 2
    mse = float(np.mean(squared))
    return {
        'abs_rel': float(np.mean(np.abs(p - g) / g)),
        'sq_rel': float(np.mean(squared / g)),
        'mse': mse,
        'rmse': mse ** 0.5,
        'rmse_log': float(np.mean(np.log(p / g) ** 2)) ** 0.5,
        **deltas(p, g),
    }


def benchmark_metrics(prediction: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """
    Compare two depths as ``depth_metrics`` does, with the metrics of KITTI's benchmark.

    Returns:
        silog: 100 times the standard deviation of ln p - ln g
        sq_error_rel, abs_error_rel: mean (p - g)^2 / g^2 and mean |p - g| / g, percent
        irmse: root of the mean (1/p - 1/g)^2, 1/km
    """
    p, g = compared_pixels(prediction, reference)
    relative = (p - g) / g
    return {
        'silog': 100 * float(np.std(np.log(p / g))),
        'sq_error_rel': 100 * float(np.mean(relative ** 2)),
        'abs_error_rel': 100 * float(np.mean(np.abs(relative))),
        'irmse': 1000 * float(np.mean((1 / p - 1 / g) ** 2)) ** 0.5,
    }
