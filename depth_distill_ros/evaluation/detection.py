# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recall, precision and F-score of what a prediction finds, over all frames together."""

from __future__ import annotations

import cv2
import numpy as np


class Detection:
    """Counts what was predicted and what is there, and how much of each agrees with the other."""

    def __init__(self) -> None:
        self._predicted = self._right = self._there = self._found = 0

    def add(self, predicted: np.ndarray, right: np.ndarray, there: np.ndarray,
            found: np.ndarray) -> None:
        """
        Add the places of a frame, as bool arrays.

        Args:
            predicted, right: where something is predicted; where it also is
            there, found: where something is; where it is also predicted
        """
        self._predicted += int(np.count_nonzero(predicted))
        self._right += int(np.count_nonzero(predicted & right))
        self._there += int(np.count_nonzero(there))
        self._found += int(np.count_nonzero(there & found))

    def add_maps(self, predicted: np.ndarray, there: np.ndarray, reach: float) -> None:
        """Add two H×W bool maps; places up to `reach` pixels apart agree."""
        self.add(predicted, grown(there, reach), there, grown(predicted, reach))

    def summary(self) -> dict[str, float]:
        """Return precision, recall and f_score; without a place to count, none of its figures."""
        found = {}
        if self._predicted:
            found['precision'] = self._right / self._predicted
        if self._there:
            found['recall'] = self._found / self._there
            # nothing predicted where something is: no precision, and a score of 0
            both = found.get('precision', 0.0) + found['recall']
            found['f_score'] = 2 * found.get('precision', 0.0) * found['recall'] / max(both, 1e-12)
        return found


def grown(places: np.ndarray, reach: float) -> np.ndarray:
    """Return an H×W bool map with all pixels up to `reach` pixels from a place."""
    side = int(reach)
    y, x = np.mgrid[-side:side + 1, -side:side + 1]
    disc = (np.hypot(y, x) <= reach).astype(np.uint8)
    return cv2.dilate(places.astype(np.uint8), disc) > 0
