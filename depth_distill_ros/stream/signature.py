# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
How much two images differ, cheaply, for the question whether one shows anything new.

The signature of an image is a thumbnail of its brightness, brought to one mean and one contrast.
The difference of two images is the mean absolute difference of their signatures, in grey levels
(0 to 255). Averaging over the cells of the thumbnail removes camera noise; a lamp or an exposure
that flickers changes mean and contrast alone. A camera that moves changes the difference at once.
"""

from __future__ import annotations

import cv2
import numpy as np

_ROWS, _COLUMNS = 12, 16
LENGTH = _ROWS * _COLUMNS
_BLOCK = 4, 2  # rows and columns of cells
# Standard deviations of brightness: that of a usual image, and the least that is not noise.
_CONTRAST, _LEAST_CONTRAST = 40.0, 20.0
_BLOCKS = LENGTH // (_BLOCK[0] * _BLOCK[1])


def signature(image: np.ndarray) -> np.ndarray:
    """Return the signature of an image, H×W×3 uint8 RGB: LENGTH values, uint8."""
    small = cv2.resize(image, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey -= grey.mean()
    grey *= _CONTRAST / max(float(grey.std()), _LEAST_CONTRAST)
    return np.clip(np.rint(grey + 128.0), 0, 255).astype(np.uint8).ravel()


class SignatureMemory:
    """
    The signatures of the newest frames, each with its key; the oldest are forgotten.

    Args:
        most: signatures that are kept
    """

    def __init__(self, most: int) -> None:
        self._keys = np.zeros(most, np.int64)
        self._signatures = np.zeros((most, LENGTH), np.int16)
        # The means of blocks decide nearly every comparison: their difference is never larger.
        self._blocks = np.zeros((_BLOCKS, most), np.int16)
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, len(self._keys))

    @property
    def slot(self) -> int:
        """The place that the next signature takes."""
        return self._added % len(self._keys)

    @property
    def keys(self) -> np.ndarray:
        """The key at each place, int64."""
        return self._keys[:len(self)]

    def add(self, key: int, known: np.ndarray) -> None:
        """Remember the signature of a frame."""
        self._keys[self.slot], self._signatures[self.slot] = key, known
        self._blocks[:, self.slot] = _blocks(known)
        self._added += 1

    def like(self, other: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the places of all signatures that differ by ``most`` grey levels or less.

        The second array has their differences, float64.
        """
        apart = self._blocks[:, :len(self)] - _blocks(other)[:, None]
        bound = np.abs(apart, out=apart).sum(axis=0, dtype=np.int16)
        # Each mean is rounded, by half a level at most.
        places = np.flatnonzero(bound <= _BLOCKS * (most + 1.0))
        exact = np.abs(self._signatures[places] - other.astype(np.int16)).mean(axis=1)
        return places[exact <= most], exact[exact <= most]


def _blocks(known: np.ndarray) -> np.ndarray:
    """Return the means of the blocks of a signature, rounded, int16."""
    rows, columns = _BLOCK
    blocks = known.reshape(_ROWS // rows, rows, _COLUMNS // columns, columns)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.int16).ravel()
