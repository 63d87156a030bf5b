# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Depth conventions (REP 117, REP 118).

In the package depth is float32 metres along the optical axis (z). NaN is invalid, +inf means
nothing within range, -inf too near to measure.
"""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics


def valid(depth: np.ndarray) -> np.ndarray:
    """Return the H×W bool mask of the pixels with a depth: finite and > 0."""
    return np.isfinite(depth) & (depth > 0)


def z_from_ray_length(ray: np.ndarray, intrinsics: Intrinsics) -> np.ndarray:
    """
    Turn distances along each pixel's ray (SceneNet, lidar) into depth along the optical axis.

    Args:
        ray: H×W, metres; NaN and infinities stay
        intrinsics: of the same image
    Returns:
        H×W float32, metres
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


def metres_to_millimetres(metres: np.ndarray, free_beyond: float | None = None) -> np.ndarray:
    """
    Turn metres into REP 118's 16UC1 (uint16 millimetres, 0 invalid).

    Without ``free_beyond``, values that are not finite, not positive or beyond 65.535 m become 0.
    A saturated value would be a wall that does not exist.

    With ``free_beyond``, at most 65.535 m, +inf and depths beyond it become that depth, because
    integers have no infinity. A reading beyond a costmap's obstacle range clears, marks nothing.
    """
    if free_beyond is None:
        millimetres = metres * np.float32(1e3)
        np.rint(millimetres, out=millimetres)
        # Comparisons with NaN are false.
        millimetres[~((millimetres > 0.0) & (millimetres <= 65535))] = 0.0
        return millimetres.astype(np.uint16)
    if not 0.0 < free_beyond <= 65.535:
        raise GeometryError(f'16UC1 depth: free_beyond is {free_beyond} m; 16 bits of millimetres '
                            'hold at most 65.535 m')
    # minimum and maximum keep NaN
    millimetres = np.maximum(np.minimum(metres, np.float32(free_beyond)), np.float32(0.0))
    millimetres *= np.float32(1e3)
    millimetres += np.float32(0.5)
    millimetres[np.isnan(millimetres)] = 0.0
    return millimetres.astype(np.uint16)


def beyond_is_free(depth: np.ndarray, free_beyond: float) -> np.ndarray:
    """
    Return the depth with +inf, "nothing within range" in REP 117, beyond ``free_beyond`` metres.

    A network's depth is least reliable there and would mark walls that do not exist.
    depthimage_to_laserscan passes infinities on, and costmaps with inf_is_valid clear along them;
    depth_image_proc leaves them out of its clouds.
    """
    return np.where(depth > np.float32(free_beyond), np.float32(np.inf), depth)
