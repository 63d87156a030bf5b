# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds from depth, in the camera's optical frame: x right, y down, z forward."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics

_SLOT_BITS = 18
_KEY = np.array([1 << 42, 1 << 21, 1])  # one number per cube
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Fibonacci hashing


class Projector:
    """
    Turns depth images of one camera into points.

    Args:
        camera: of the depth images
        free_beyond: metres. Depths beyond it and +inf become points at this depth. A cloud cannot
            express free space (Nav2's inf_is_valid is for scans only), and costmaps clear only up
            to points. If ``free_beyond`` exceeds the layer's obstacle_max_range, such points clear
            and mark nothing.
    Raises:
        GeometryError: ``free_beyond`` is not positive and finite.
    """

    def __init__(self, camera: Intrinsics, free_beyond: float) -> None:
        if not 0.0 < free_beyond < np.inf:
            raise GeometryError(f'points: free_beyond is {free_beyond} m; it must be a positive '
                                'number of metres')
        self._size, self._free_beyond = camera.size, np.float32(free_beyond)
        self._x = ((np.arange(camera.width) - camera.cx) / camera.fx).astype(np.float32)
        self._y = ((np.arange(camera.height) - camera.cy) / camera.fy).astype(np.float32)[:, None]

    def organised(self, depth: np.ndarray) -> np.ndarray:
        """Return H×W×3 float32 metres from H×W depth: one point a pixel, NaN for invalid depth."""
        if depth.shape != self._size:
            raise GeometryError(f'depth of {depth.shape} with a camera of {self._size} '
                                '(height, width)')
        points = np.empty((*self._size, 3), np.float32)
        z = np.minimum(depth, self._free_beyond)
        z[~(z > 0.0)] = np.nan
        np.multiply(z, self._x, out=points[..., 0])
        np.multiply(z, self._y, out=points[..., 1])
        points[..., 2] = z
        return points


def thin(points: np.ndarray, voxel: float) -> np.ndarray:
    """
    Return the indices of one point in each occupied cube (voxel), ascending.

    Measured points are kept, because the mean of a cube would lie between surfaces.

    Args:
        points: ...×3 float32, metres, within 2^20 cubes of the origin; NaN points are dropped
        voxel: edge of the cubes, metres, > 0
    Returns:
        N int64, into ``points.reshape(-1, 3)``
    """
    if not voxel > 0.0:
        raise GeometryError(f'points: a voxel of {voxel} m; it must be > 0')
    flat = points.reshape(-1, 3)
    index = np.flatnonzero(np.isfinite(flat[:, 2]))
    cells = np.floor(flat.take(index, axis=0) * np.float32(1.0 / voxel)).astype(np.int32)
    keys = cells.astype(np.int64) @ _KEY
    # A hash table, four times faster than sorting: each point writes its number into the slot of
    # its cube, the last writer is kept, and points of other cubes in that slot are tried again.
    slots = ((keys.view(np.uint64) * _SPREAD) >> np.uint64(64 - _SLOT_BITS)).astype(np.intp)
    table, kept = np.empty(1 << _SLOT_BITS, np.int32), []
    left = np.arange(len(keys), dtype=np.int32)
    while len(left):
        table[slots] = left
        winners = table[slots]
        kept.append(left[winners == left])
        again = keys[winners] != keys[left]
        left, slots = left[again], slots[again]
    return np.sort(index[np.concatenate(kept)]) if kept else index
