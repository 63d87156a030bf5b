# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Depth metrics, per image and over a window of images.

They are those of Hu et al. (WACV 2019) and LWD (arXiv 2105.06143), with both of their RMSEs. The
prediction is clamped to a positive depth, because a ratio of a depth <= 0 lies below every
threshold and would count as correct.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.depth import valid

if TYPE_CHECKING:  # the evaluator node needs no torch
    from torch import Tensor

Depths = TypeVar('Depths', np.ndarray, 'Tensor')

NEAREST = 1e-3
"""Metres; predictions are clamped to it."""


class MetricsError(DepthDistillError):
    """A prediction and a reference that cannot be compared."""


def depth_metrics(prediction: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """
    Compare one predicted depth with its reference, where the reference is finite and > 0.

    Args:
        prediction: H x W, metres; clamped to >= 0.001. A NaN or infinity where the reference is
            valid counts as wrong for delta and makes the errors NaN or infinite.
        reference: H x W, metres; zero, NaN and infinities are holes
    Returns:
        delta1, delta2, delta3: share of the pixels with max(p/g, g/p) < 1.25 ** k
        mse, rmse: of this image, m^2 and m
        rel: mean |p - g| / g
        log10: mean |log10 p - log10 g|
        mae: mean |p - g|, m
    Raises:
        MetricsError: different shapes, or no valid pixel in the reference.
    """
    p, g = compared_pixels(prediction, reference)
    with np.errstate(invalid='ignore'):
        error = np.abs(p - g)
        mse = float(np.mean(error ** 2))
        return {
            **deltas(p, g),
            'mse': mse,
            'rmse': mse ** 0.5,
            'rel': float(np.mean(error / g)),
            'log10': float(np.mean(np.abs(np.log10(p / g)))),
            'mae': float(np.mean(error)),
        }


def is_close(prediction: Depths, reference: Depths, k: int = 1) -> Depths:
    """Return where max(p/g, g/p) < 1.25 ** k, the criterion of delta_k; never where one is NaN."""
    threshold = 1.25 ** k
    return (prediction / reference < threshold) & (reference / prediction < threshold)


def deltas(prediction: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Return delta1, delta2 and delta3: the share of close pixels of two positive depths."""
    return {f'delta{k}': float(np.mean(is_close(prediction, reference, k))) for k in (1, 2, 3)}


def compared_pixels(
        prediction: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return both depths where the reference is finite and > 0: two float64 vectors, metres.

    The prediction is clamped to >= 0.001. Raises MetricsError as ``depth_metrics`` does.
    """
    if prediction.shape != reference.shape:
        raise MetricsError(
            f'metrics: prediction of shape {prediction.shape} and reference of shape '
            f'{reference.shape}; resize one to the other')
    mask = valid(reference)
    if not mask.any():
        raise MetricsError('metrics: the reference depth has no pixel that is finite and > 0')
    p, g = (depth[mask].astype(np.float64) for depth in (prediction, reference))
    return np.maximum(p, NEAREST), g


class MetricsWindow:
    """
    The mean metrics of the last images.

    Args:
        maxlen: images kept; None keeps all
    """

    def __init__(self, maxlen: int | None = None) -> None:
        if maxlen is not None and maxlen < 1:
            raise MetricsError(f'metrics: a window of {maxlen} images; it needs at least 1')
        self._rows: deque[tuple[Mapping[str, float], int]] = deque(maxlen=maxlen)

    def add(self, metrics: Mapping[str, float], pixels: int = 1) -> None:
        """
        Add the metrics of one image, always those of the same metrics function.

        `pixels` is the number of compared pixels; without it all images count alike.
        """
        self._rows.append((metrics, pixels))

    def __len__(self) -> int:
        return len(self._rows)

    def summary(self) -> dict[str, float]:
        """
        Return the means over the images, {} for an empty window.

        ``rmse`` is the mean of the images' RMSE (LWD, D3). ``rmse_pooled`` is the root of the mean
        squared error over all pixels of all images (Hu et al., SARPN); it needs an ``mse`` among
        the metrics.
        """
        if not self._rows:
            return {}
        rows = [row for row, _ in self._rows]
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        if 'mse' in means:
            means['rmse_pooled'] = float(np.average(
                [row['mse'] for row in rows], weights=[n for _, n in self._rows])) ** 0.5
        return means
