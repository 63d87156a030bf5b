# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether confident pixels have smaller errors: the metrics above each confidence threshold."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.evaluation.metrics import NEAREST, is_close
from depth_distill_ros.geometry.depth import valid

THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


class ConfidenceCurve:
    """Sums over the pixels of all frames, by threshold."""

    def __init__(self) -> None:
        # of each threshold: pixels, close pixels, squared errors, relative errors
        self._sums = np.zeros((len(THRESHOLDS), 4))

    def add(self, confidence: np.ndarray, prediction: np.ndarray, reference: np.ndarray) -> None:
        """Add a frame: confidence H×W, 0 to 1; both depths H×W metres, NaN where unknown."""
        counts = valid(reference) & np.isfinite(prediction)
        c, p, g = confidence[counts], np.maximum(prediction[counts], NEAREST), reference[counts]
        terms = np.stack([np.ones_like(p), is_close(p, g), (p - g) ** 2,
                          np.abs(p - g) / g]).astype(np.float64)
        for sums, threshold in zip(self._sums, THRESHOLDS, strict=True):
            sums += terms[:, c >= threshold].sum(1)

    def rows(self) -> list[dict[str, float]]:
        """Return threshold, share of pixels kept, delta1, rmse, rel; no row without a pixel."""
        return [
            {'threshold': threshold, 'kept': float(n / self._sums[0, 0]),
             'delta1': float(close / n), 'rmse': float(np.sqrt(squared / n)),
             'rel': float(relative / n)}
            for threshold, (n, close, squared, relative)
            in zip(THRESHOLDS, self._sums, strict=True) if n]
