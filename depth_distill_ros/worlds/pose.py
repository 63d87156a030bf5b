# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Camera poses and rotations, as all rooms and exports use them.

A room has x and y along the floor and z up, in metres. Angles are in radians.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Pose(NamedTuple):
    """
    A camera in a room.

    x, y, z: position, metres
    yaw: of the optical axis on the floor, from +x, radians
    pitch: of the optical axis, positive is up, radians
    roll: about the optical axis, clockwise in the image, radians
    """

    x: float
    y: float
    z: float
    yaw: float
    pitch: float
    roll: float

    @property
    def position(self) -> tuple[float, float, float]:
        """(x, y, z), metres."""
        return self[:3]

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the right, up and forward directions of the camera in the room."""
        cy, sy, cp, sp = (f(a) for a in (self.yaw, self.pitch) for f in (math.cos, math.sin))
        forward = np.array([cy * cp, sy * cp, sp])
        level = np.array([sy, -cy, 0.0])
        upright = np.cross(level, forward)
        c, s = math.cos(self.roll), math.sin(self.roll)
        return c * level - s * upright, s * level + c * upright, forward

    def roll_pitch_yaw(self) -> tuple[float, float, float]:
        """Return the angles about fixed x, y, z of a body that looks along x with z up."""
        right, up, forward = self.axes()
        return roll_pitch_yaw(np.stack([forward, -right, up], axis=1))


def rotation(rpy: tuple[float, float, float]) -> np.ndarray:
    """Return the 3×3 matrix of roll, pitch and yaw about fixed x, y and z, in this order."""
    (cr, cp, cy), (sr, sp, sy) = ([f(a) for a in rpy] for f in (math.cos, math.sin))
    return np.array([
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr]])


def roll_pitch_yaw(matrix: np.ndarray) -> tuple[float, float, float]:
    """Return the angles of a 3×3 rotation; the inverse of ``rotation`` for |pitch| < pi / 2."""
    return (math.atan2(matrix[2, 1], matrix[2, 2]), -math.asin(float(matrix[2, 0])),
            math.atan2(matrix[1, 0], matrix[0, 0]))
