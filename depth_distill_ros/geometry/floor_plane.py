# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The floor in a predicted depth: found near where the mount has it, and made level.

A plane's inverse depth is linear over the pixels, so that the floor is compared and fitted on the
depth image itself, without a point cloud.
"""

from __future__ import annotations

import math

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.scan import Mount

# Pixels that the plane is fitted to, at most.
_PIXELS = 1500
# Floor farther than this, metres, is not fitted: a network knows it least.
_FARTHEST = 4.0
# How far the plane may be from the mount's: share of the height, and tangent of the tilt.
_LIFT, _LEAN = 0.15, 0.07
# Pixels that count for the plane: largest difference of depth, as a share, fit by fit.
_GATES = (0.3, 0.15, 0.1)
# How many pixels of floor the mount outweighs.
_PRIOR = 30.0


class FloorPlane:
    """
    The floor before one camera.

    Args:
        camera: of the depth images
        tolerance: what is less than so high above the floor is floor, metres
    Raises:
        GeometryError: the camera is not above its tolerance
    """

    def __init__(self, camera: Intrinsics, tolerance: float) -> None:
        self._tolerance = np.float32(tolerance)
        x = (np.arange(camera.width, dtype=np.float32) - np.float32(camera.cx)) \
            / np.float32(camera.fx)
        y = (np.arange(camera.height, dtype=np.float32) - np.float32(camera.cy)) \
            / np.float32(camera.fy)
        self._x, self._y = x, y[:, None]
        stride = max(1, math.ceil(math.sqrt(camera.height * camera.width / _PIXELS)))
        self._few = slice(stride // 2, None, stride)
        rays = np.broadcast_arrays(x[self._few], self._y[self._few], np.float32(1.0))
        self._rays = np.stack(rays, -1).reshape(-1, 3).astype(np.float64)

    def nominal(self, mount: Mount) -> np.ndarray:
        """Return the inverse depth of the mount's floor, (a, b, c) of a x + b y + c, 1/m."""
        if not mount.height > self._tolerance:
            raise GeometryError(f'floor: a camera {mount.height:g} m above it, with a tolerance '
                                f'of {self._tolerance:g} m; give the height of the camera')
        return -mount.to_level()[2] / mount.height

    def fitted(self, depth: np.ndarray, nominal: np.ndarray) -> np.ndarray:
        """
        Return the floor that a depth shows, near the nominal one; both (a, b, c).

        The plane is within 15 % of the height and 4 degrees; the less floor there is in view, the
        nearer it is to the nominal one. Least squares of z (a x + b y + c) = 1.
        """
        z = depth[self._few, self._few].reshape(-1).astype(np.float64)
        expected = self._rays @ nominal
        kept = (expected > 1.0 / _FARTHEST) & np.isfinite(z)
        z, rays = z[kept], self._rays[kept]
        # In units of what may differ: the height scales the plane, the tilt turns it.
        scale = np.linalg.norm(nominal)
        spread = np.array([_LEAN, _LEAN, _LEAN]) * scale
        along = nominal / scale
        prior = np.eye(3) / spread ** 2
        prior += np.outer(along, along) * (1.0 / (_LIFT * scale) ** 2 - 1.0 / spread[0] ** 2)
        prior *= _PRIOR * _GATES[-1] ** 2
        plane = nominal
        for gate in _GATES:
            near = np.abs(z * (rays @ plane) - 1.0) < gate
            design = rays[near] * z[near, None]
            plane = np.linalg.solve(design.T @ design + prior,
                                    design.sum(0) + prior @ nominal)
        return self._limited(plane, nominal)

    def level(self, depth: np.ndarray, seen: np.ndarray, level: np.ndarray) -> np.ndarray:
        """
        Return the depth, H×W float32 metres, with the floor and all below it on one plane.

        Points of the floor then have the height 0: they mark nothing, and the rays to them clear.

        Args:
            seen: by which the floor is recognised, (a, b, c)
            level: on which it is put, (a, b, c): that of the mount which others compute heights by
        """
        height = np.float32(1.0 / np.linalg.norm(seen))
        inverse = self._inverse(level)
        with np.errstate(divide='ignore', invalid='ignore'):
            floor = depth * self._inverse(seen) > np.float32(1.0) - self._tolerance / height
            return np.where(floor & (inverse > 0.0), np.reciprocal(inverse), depth)

    def _inverse(self, plane: np.ndarray) -> np.ndarray:
        """Return the inverse depth of a plane, H×W float32, 1/m."""
        a, b, c = plane.astype(np.float32)
        return self._x * a + (self._y * b + c)

    def _limited(self, plane: np.ndarray, nominal: np.ndarray) -> np.ndarray:
        size, usual = np.linalg.norm(plane), np.linalg.norm(nominal)
        normal = plane / size
        lean = normal - nominal / usual
        if (off := np.linalg.norm(lean)) > _LEAN:
            normal = nominal / usual + lean * (_LEAN / off)
            normal /= np.linalg.norm(normal)
        return normal * usual * float(np.clip(size / usual, 1 - _LIFT, 1 + _LIFT))
