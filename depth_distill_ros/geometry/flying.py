# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Flying points: depths between two surfaces, where a network blends the near one into the far one.

The test is on inverse depth, which is linear over the pixels of any plane, however it is tilted.
"""

from __future__ import annotations

import cv2
import numpy as np

# Pixels on either side of a pixel within which a network's edge ends.
_REACH = 2
# Least ratio of the two depths between which a point flies. A lower one takes noise of surfaces.
_STEP = 1.1
# A point flies if it is farther than this share of the step from both of its ends.
_BETWEEN = 0.1
# How many times steeper than the surfaces on both sides a step is.
_STEEPER = 2.5


def flying(depth: np.ndarray) -> np.ndarray:
    """
    Return the pixels that lie on no surface: H×W bool of H×W float32 metres.

    A pixel flies if, along its row or its column, its inverse depth lies between those two pixels
    to either side, which differ by a step, and the step is steeper than the surfaces that go on
    beyond it. A pixel of a plane, of a corner of two planes or of a sharp step does not fly, nor
    does a thin object before a wall. Infinite depths are an inverse depth of 0; beside NaN nothing
    flies.
    """
    with np.errstate(divide='ignore'):
        near = np.reciprocal(depth, dtype=np.float32)
    return _along(near) | _along(np.ascontiguousarray(near.T)).T


def _along(near: np.ndarray) -> np.ndarray:
    """Return the pixels that fly along the rows of an inverse depth."""
    count = 3 * _REACH
    padded = cv2.copyMakeBorder(near, 0, 0, count, count, cv2.BORDER_REPLICATE)

    def at(shift: int) -> np.ndarray:
        return padded[:, count + shift:count + shift + near.shape[1]]

    left, right = at(-_REACH), at(_REACH)
    low, high = np.minimum(left, right), np.maximum(left, right)
    step = high - low
    margin = np.float32(_BETWEEN) * step
    found = (high > np.float32(_STEP) * low) & (near > low + margin) & (near < high - margin)
    beyond = np.maximum(np.abs(left - at(-count)), np.abs(at(count) - right))
    return found & (step > np.float32(_STEEPER) * beyond)
