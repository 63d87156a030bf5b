# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what a network is sure of is less wrong: errors of the pixels above each threshold."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.evaluation.metrics import NEAREST
from depth_distill_ros.geometry.depth import valid

THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


class ConfidenceCurve:
    """Sums over the pixels of all frames, by threshold."""

    def __init__(self) -> None:
        # pixels, within 1.25, squared errors, relative errors
        self._sums = np.zeros((len(THRESHOLDS), 4))

    def add(self, confidence: np.ndarray, prediction: np.ndarray, reference: np.ndarray) -> None:
        """Count a frame: H×W from 0 to 1; H×W metres twice, NaN where there is none."""
        counts = valid(reference) & np.isfinite(prediction)
        sure, said, true = confidence[counts], prediction[counts], reference[counts]
        said = np.maximum(said, NEAREST)
        one = np.ones_like(said)
        found = np.stack([one, np.maximum(said / true, true / said) < 1.25, (said - true) ** 2,
                          np.abs(said - true) / true]).astype(np.float64)
        for sums, threshold in zip(self._sums, THRESHOLDS, strict=True):
            sums += found[:, sure >= threshold].sum(1)

    def rows(self) -> list[dict[str, float]]:
        """Return threshold, share of pixels kept, delta1, rmse, rel; a row less where none is."""
        return [
            {'threshold': threshold, 'kept': float(n / self._sums[0, 0]),
             'delta1': float(right / n), 'rmse': float(np.sqrt(squared / n)),
             'rel': float(relative / n)}
            for threshold, (n, right, squared, relative)
            in zip(THRESHOLDS, self._sums, strict=True) if n]
