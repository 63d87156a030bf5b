# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
What a depth value means (REP 117, REP 118).

Inside the package depth is float32 metres along the optical axis (z). NaN is invalid, +inf
nothing within range, -inf too near to measure.
"""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics


def valid(depth: np.ndarray) -> np.ndarray:
    """Return the H x W bool mask of the pixels with a measured depth: finite and > 0."""
    return np.isfinite(depth) & (depth > 0)


def z_from_ray_length(ray: np.ndarray, intrinsics: Intrinsics) -> np.ndarray:
    """
    Turn distances along each pixel's ray (SceneNet, lidar) into depth along the optical axis.

    Parameters
    ----------
    ray : H x W, metres; NaN and infinities stay as they are
    intrinsics : of that very image

    Returns
    -------
    H x W float32, metres

    """
    if ray.shape != intrinsics.size:
        raise GeometryError(
            f'ray lengths of shape {ray.shape} with intrinsics for {intrinsics.size} '
            '(height, width)')
    x = (np.arange(intrinsics.width) - intrinsics.cx) / intrinsics.fx
    y = (np.arange(intrinsics.height) - intrinsics.cy) / intrinsics.fy
    return (ray / np.sqrt(1.0 + x[None, :] ** 2 + y[:, None] ** 2)).astype(np.float32)


def millimetres_to_metres(millimetres: np.ndarray) -> np.ndarray:
    """Turn REP 118's 16UC1 (uint16 millimetres, 0 invalid) into float32 metres, NaN invalid."""
    metres = millimetres.astype(np.float32) * np.float32(1e-3)
    metres[millimetres == 0] = np.nan
    return metres


def metres_to_millimetres(metres: np.ndarray, far: float | None = None) -> np.ndarray:
    """
    Turn metres into REP 118's 16UC1 (uint16 millimetres, 0 invalid).

    Without ``far`` whatever 16 bits cannot say becomes 0: not finite, not positive, beyond
    65.535 m (a saturated value would be a wall that is not there).

    With ``far``, metres <= 65.535, what lies beyond and +inf become ``far``: whole numbers have no
    infinity, and a reading beyond a costmap's obstacle range clears the way and marks nothing.
    """
    if far is None:
        millimetres = np.rint(np.where(valid(metres), metres, 0.0) * 1e3)
        return np.where(millimetres <= 65535, millimetres, 0).astype(np.uint16)
    if not 0.0 < far <= 65.535:
        raise GeometryError(f'16UC1 depth: far is {far} m; 16 bits of millimetres say up to '
                            '65.535 m')
    # maximum and minimum keep NaN, which no comparison admits.
    millimetres = np.maximum(np.minimum(metres, np.float32(far)), np.float32(0.0))
    millimetres *= np.float32(1e3)
    millimetres += np.float32(0.5)
    millimetres[np.isnan(millimetres)] = 0.0
    return millimetres.astype(np.uint16)


def beyond_is_free(depth: np.ndarray, far: float) -> np.ndarray:
    """
    Return the depth with +inf beyond ``far`` metres: nothing in range, as REP 117 has it.

    depthimage_to_laserscan hands infinities on, and costmaps with inf_is_valid clear along them;
    depth_image_proc leaves them out of its clouds. A network's depth is least to be trusted
    there, and would mark walls where there are none.
    """
    return np.where(depth > np.float32(far), np.float32(np.inf), depth)
