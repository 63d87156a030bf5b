# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth that a robot can drive by: without flying points, and with the floor on its plane."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.geometry.floor_plane import FloorPlane
from depth_distill_ros.geometry.flying import flying
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount


def cleared(depth: np.ndarray, camera: Intrinsics, remove_flying: bool, tolerance: float,
            expected: Mount, output: Mount) -> np.ndarray:
    """
    Return an H×W float32 depth, metres, cleaned for points and scans; ``depth`` is not changed.

    Args:
        camera: of the depth
        remove_flying: pixels that ``flying`` finds become NaN
        tolerance: of FloorPlane, metres; 0: the floor stays as it is
        expected: the mount near which the floor is found
        output: the mount by which the points' heights will be computed
    """
    result = depth
    if remove_flying:
        result = np.where(flying(depth), np.float32(np.nan), depth)
    if tolerance:
        floor = FloorPlane(camera, tolerance)
        seen = floor.fitted(result, floor.nominal(expected))
        result = floor.level(result, seen, floor.nominal(output))
    return result
