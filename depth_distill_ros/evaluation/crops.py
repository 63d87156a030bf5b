# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a reference depth that counts: the crops of the papers, and a range of depth."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.depth import valid

# Top, bottom, left and right edge as shares of height and width.
CROPS = {
    'none': (0.0, 1.0, 0.0, 1.0),
    # KITTI
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),
    # Eigen et al.'s of NYU-v2: rows 45 to 471 and columns 41 to 601 of 480×640
    'nyu': (45 / 480, 471 / 480, 41 / 640, 601 / 640),
}
# A product that is a whole number may be a rounding error below it.
_ROUNDING = 1e-6


def counted(reference: np.ndarray, crop: str, nearest: float, farthest: float) -> np.ndarray:
    """
    Return the reference with NaN outside of the crop and of the range of depths.

    Args:
        reference: H x W, metres; the edges of a crop are shares of this H and W
        crop: one of CROPS
        nearest, farthest: metres; a reference outside of this open interval does not count
    """
    height, width = reference.shape
    edges = np.multiply(CROPS[crop], (height, height, width, width))
    top, bottom, left, right = (edges + _ROUNDING).astype(int)
    inside = np.zeros(reference.shape, bool)
    inside[top:bottom, left:right] = True
    inside &= valid(reference) & (reference > nearest) & (reference < farthest)
    return np.where(inside, reference, np.float32(np.nan))
