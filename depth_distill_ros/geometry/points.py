# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth as points in the camera's optical frame: x right, y down, z ahead."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics

_SLOT_BITS = 18
_KEY = np.array([1 << 42, 1 << 21, 1])  # one number per cube
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Fibonacci hashing


class Projector:
    """
    Turns depth images of one camera into points.

    Parameters
    ----------
    camera : of the depth images
    far : metres. What lies beyond, +inf too, becomes a point at that depth on its ray. A cloud
        cannot say that nothing was there (Nav2's inf_is_valid is for scans alone), and costmaps
        clear only up to points that are there: with ``far`` beyond the layer's
        obstacle_max_range such points clear and mark nothing.

    """

    def __init__(self, camera: Intrinsics, far: float) -> None:
        if not 0.0 < far < np.inf:
            raise GeometryError(f'points: far is {far} m; it must be a positive number of metres')
        self._size, self._far = camera.size, np.float32(far)
        self._x = ((np.arange(camera.width) - camera.cx) / camera.fx).astype(np.float32)
        self._y = ((np.arange(camera.height) - camera.cy) / camera.fy).astype(np.float32)[:, None]

    def organised(self, depth: np.ndarray) -> np.ndarray:
        """Return H×W×3 float32 metres, a point for each pixel, NaN where depth is invalid."""
        if depth.shape != self._size:
            raise GeometryError(f'depth of {depth.shape} with a camera of {self._size} '
                                '(height, width)')
        points = np.empty((*self._size, 3), np.float32)
        z = np.minimum(depth, self._far)
        z[~(z > 0.0)] = np.nan
        np.multiply(z, self._x, out=points[..., 0])
        np.multiply(z, self._y, out=points[..., 1])
        points[..., 2] = z
        return points


def thin(points: np.ndarray, voxel: float) -> np.ndarray:
    """
    Return the indices of one point per occupied cube, ascending.

    The points that stay are points that were measured: a cube's mean would lie between surfaces.

    Parameters
    ----------
    points : ...×3 float32, metres; cubes with only NaN in them do not exist
    voxel : edge of the cubes, metres, > 0; within 2^20 cubes of the origin

    Returns
    -------
    N int64, into the points as a flat list

    """
    if not voxel > 0.0:
        raise GeometryError(f'points: a voxel of {voxel} m; it must be > 0')
    flat = points.reshape(-1, 3)
    index = np.flatnonzero(np.isfinite(flat[:, 2]))
    cells = np.floor(flat.take(index, axis=0) * np.float32(1.0 / voxel)).astype(np.int32)
    keys = cells.astype(np.int64) @ _KEY
    # Sorting the keys takes four times as long as this: each writes its number into a slot, the
    # last writer of a slot stays, and only other cubes that met in the slot go round again.
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
