# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The floor before a camera: its plane in a depth image, and the cells on it that are occupied."""

from __future__ import annotations

import math

import numpy as np

from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.points import Projector
from depth_distill_ros.geometry.scan import Mount, ScanLimits

# How far the nominal mount may be wrong: tangent of its angles, and metres of its height.
_LEAN, _LIFT = 0.12, 0.1
# Points farther than this are no help: a pixel there covers much of the floor. Metres.
_FARTHEST = 4.0
# Half the thickness of the floor with rugs on it, metres; the least share of the pixels on it.
_THICKNESS, _LEAST = 0.02, 0.02
# Planes that are tried, and points that each of them is compared with.
_TRIES, _POINTS = 100, 1500


class FloorGrid:
    """
    Turns depth images of one camera on one mount into the occupied cells of the floor before it.

    A cell is occupied if a point between ``limits.low`` and ``limits.high`` above the floor, and
    from range_min to range_max away, is over it. The rows of ``limits`` are not used.

    Args:
        cell: side of a cell, metres
    """

    def __init__(self, camera: Intrinsics, mount: Mount, limits: ScanLimits, cell: float) -> None:
        self._camera, self._mount, self._limits, self._cell = camera, mount, limits, cell
        self._side = math.ceil(limits.range_max / cell)

    def __call__(self, depth: np.ndarray) -> np.ndarray:
        """Return the cells, bool, N ahead × 2N from left to right, of H×W depth in metres."""
        limits = self._limits
        points = above_floor(depth, self._camera, self._mount)
        along = np.hypot(points[:, 0], points[:, 1])
        points = points[(points[:, 2] >= limits.low) & (points[:, 2] <= limits.high)
                        & (along >= limits.range_min) & (along < limits.range_max)
                        & (points[:, 0] >= 0.0)]
        ahead, left = np.floor(points[:, :2] / self._cell).astype(np.intp).T
        cells = np.zeros((self._side, 2 * self._side), bool)
        cells[ahead, self._side - 1 - left] = True
        return cells


def above_floor(depth: np.ndarray, camera: Intrinsics, mount: Mount) -> np.ndarray:
    """Return the valid points of H×W depth, N×3 metres: ahead, to the left, above the floor."""
    points = Projector(camera, np.finfo(np.float32).max).organised(depth)[valid(depth)]
    level = points @ mount.to_level().T.astype(np.float32)
    level[:, 2] += np.float32(mount.height)
    return level


def fitted_mount(depth: np.ndarray, camera: Intrinsics, nominal: Mount) -> Mount:
    """
    Return the mount by which the floor in an exact depth is level and at height 0.

    The poses of the frames of a data set vary about the nominal mount, and a robot measures its
    own. The floor is the plane within 7 degrees and 0.1 m of the nominal one that holds the most
    points (RANSAC). Where it is not in view the mount is the nominal one.

    Args:
        depth: H×W metres, exact
    """
    points = above_floor(depth, camera, nominal)
    along = np.hypot(points[:, 0], points[:, 1])
    points = points[(along < _FARTHEST) & (np.abs(points[:, 2]) < _LIFT + _LEAN * along)]
    if len(points) < max(3, _LEAST * depth.size):
        return nominal
    few = points[::max(1, len(points) // _POINTS)]
    chosen = few[np.random.default_rng(0).integers(len(few), size=(_TRIES, 3))]
    normals = np.cross(chosen[:, 1] - chosen[:, 0], chosen[:, 2] - chosen[:, 0])
    lengths = np.linalg.norm(normals, axis=1) * np.sign(normals[:, 2])
    with np.errstate(divide='ignore', invalid='ignore'):
        normals = normals / lengths[:, None]
    heights = np.einsum('ij,ij->i', normals, chosen[:, 0])
    plausible = (normals[:, 2] > math.cos(math.atan(_LEAN))) & (np.abs(heights) < _LIFT)
    if not plausible.any():
        return nominal
    normals, heights = normals[plausible], heights[plausible]
    off = np.abs(few @ normals.T - heights) < _THICKNESS
    best = int(off.sum(0).argmax())
    normal, height = normals[best], heights[best]
    for _ in range(2):
        floor = points[np.abs(points @ normal - height) < _THICKNESS]
        if len(floor) < max(3, _LEAST * depth.size):
            return nominal
        normal, height = _plane(floor)
    return _mounted(nominal, normal, height)


def _plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the unit normal, upwards, of the plane through N×3 points, and its height at 0."""
    design = np.column_stack([points[:, :2], np.ones(len(points))]).astype(np.float64)
    (a, b, c), *_ = np.linalg.lstsq(design, points[:, 2].astype(np.float64), rcond=None)
    normal = np.array([-a, -b, 1.0]) / math.sqrt(a * a + b * b + 1.0)
    return normal, float(c * normal[2])


def _mounted(nominal: Mount, normal: np.ndarray, height: float) -> Mount:
    """Return the mount that makes a plane in the nominal level frame horizontal."""
    return Mount.below(nominal.to_level().T @ normal,
                       nominal.height * float(normal[2]) - height)
