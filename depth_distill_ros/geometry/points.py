# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds from depth, in the camera's optical frame: x right, y down, z forward."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.scan import Mount

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


class SparseProjector:
    """
    Turns depth images of one camera into clouds with one point in each cube.

    A cloud of all pixels of a camera is far denser than the cubes. Only every nth pixel in each
    direction is used, so that points are about half a cube apart at ``reach``.

    Args:
        free_beyond: metres, as of Projector
        voxel: edge of the cubes, metres, > 0
        reach: metres; farther points may leave cubes out
    Attributes:
        stride: n
    """

    def __init__(self, camera: Intrinsics, free_beyond: float, voxel: float, reach: float) -> None:
        if not voxel > 0.0:
            raise GeometryError(f'points: a voxel of {voxel} m; it must be > 0')
        self.stride = max(1, round(voxel * min(camera.fx, camera.fy) / (2.0 * reach)))
        self._size, self._voxel = camera.size, voxel
        rows, columns = (len(range(*self._used.indices(side))) for side in camera.size)
        first = self._used.start
        self._projector = Projector(Intrinsics(
            camera.fx / self.stride, camera.fy / self.stride, (camera.cx - first) / self.stride,
            (camera.cy - first) / self.stride, rows, columns), free_beyond)

    @property
    def _used(self) -> slice:
        return slice(self.stride // 2, None, self.stride)

    def __call__(self, depth: np.ndarray, highest: float = 0.0, mount: Mount | None = None,
                 rgb: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """
        Return the points of H×W depth, N×3 float32 metres, and their colours, N×3 uint8.

        Args:
            highest: points higher above the floor of ``mount`` are left out, metres; 0: none
            rgb: H×W×3 uint8; None: no colours
        """
        if depth.shape != self._size:
            raise GeometryError(f'depth of {depth.shape} with a camera of {self._size} '
                                '(height, width)')
        points = self._projector.organised(depth[self._used, self._used]).reshape(-1, 3)
        kept = thin(points, self._voxel)
        points = points.take(kept, axis=0)
        if highest and mount is not None:
            low = points @ mount.to_level()[2].astype(np.float32) <= highest - mount.height
            points, kept = points[low], kept[low]
        if rgb is None:
            return points, None
        return points, rgb[self._used, self._used].reshape(-1, 3).take(kept, axis=0)


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
