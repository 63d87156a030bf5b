# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth averaged over time, pixel by pixel, where the image stands still."""

from __future__ import annotations

import cv2
import numpy as np

# A pixel stands still as long as its grey, blurred, stays within so many of 255 of what it was
# when its average began. The noise of a camera, blurred so, is below 2.
_STILL = 6.0
_BLUR = 5  # pixels of the network
# A depth that differs by more than this share from the average is another surface.
_SAME = 0.15


class SteadyDepth:
    """
    Averages the depth of one camera.

    Where the image changes the newest depth is taken, so that what moves leaves no trail, nor does
    a camera that moves: it sees no average at all.
    """

    def __init__(self) -> None:
        self._grey: np.ndarray | None = None
        self._mean = np.zeros((0, 0), np.float32)

    def __call__(self, depth: np.ndarray, image: np.ndarray, past: float) -> np.ndarray:
        """
        Return the averaged depth, h×w float32 metres; ``depth`` is not changed.

        Args:
            depth: h×w float32 metres, NaN where unknown
            image: H×W×3 uint8, the part of the image that the depth covers
            past: weight of the average so far, from 0 to 1
        """
        grey = cv2.cvtColor(cv2.resize(image, depth.shape[::-1], interpolation=cv2.INTER_AREA),
                            cv2.COLOR_RGB2GRAY)
        grey = cv2.blur(grey.astype(np.float32), (_BLUR, _BLUR))
        if self._grey is None or self._grey.shape != grey.shape:
            self._grey, self._mean = grey, depth.copy()
            return depth
        with np.errstate(invalid='ignore'):
            kept = (np.abs(grey - self._grey) < _STILL) & (
                np.abs(depth - self._mean) < _SAME * self._mean)  # false where one is NaN
        mean = np.where(kept, depth + np.float32(past) * (self._mean - depth), depth)
        self._grey = np.where(kept, self._grey, grey)
        self._mean = mean
        return mean.copy()
