# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses of the robot's camera in a path-traced room."""

from __future__ import annotations

import math

import cv2
import numpy as np

from depth_distill_ros.worlds.path_traced.floor_plan import CELL, FloorPlan
from depth_distill_ros.worlds.pose import Pose

# The height is that of config/looks/target.yaml, because a network that does not know the height
# of its camera cannot tell a small room from a large one.
_HEIGHT, _HEIGHT_JITTER, _PITCH = 0.60, 0.03, math.radians(-6.0)
_PITCH_JITTER, _ROLL_JITTER = math.radians(2.0), math.radians(1.0)
# Free metres around the camera, in all of its view, and in its view on average.
_CLEARANCE, _NEAREST, _OPEN = 0.28, 0.8, 2.4
_TRIES = 60


def poses(plan: FloorPlan, rng: np.random.Generator, count: int) -> list[Pose]:
    """Draw `count` different poses in one room with free space before the camera."""
    away = cv2.distanceTransform(np.pad(~plan.solid, 1).astype(np.uint8), cv2.DIST_L2, 5)
    away = away[1:-1, 1:-1] * CELL
    cells = np.argwhere(away >= min(_CLEARANCE, 0.8 * away.max()))
    height = _HEIGHT + _HEIGHT_JITTER * rng.uniform(-1.0, 1.0)
    tilt = _PITCH + _PITCH_JITTER * rng.uniform(-1.0, 1.0)
    drawn: list[Pose] = []
    for _ in range(count):
        best, score = None, -np.inf
        for _ in range(_TRIES):
            row, column = cells[int(rng.integers(len(cells)))]
            heading = rng.uniform(-math.pi, math.pi)
            ahead = np.array([_ahead(plan, row, column, heading + side)
                              for side in (-0.35, 0.0, 0.35)])
            at = plan.origin + CELL * (np.array([column, row]) + 0.5)
            near = [p for p in drawn if np.hypot(*(at - p.position[:2])) < 0.8
                    and abs(math.remainder(heading - p.yaw, 2 * math.pi)) < 0.6]
            value = (min(ahead.min() / _NEAREST, 1) + min(ahead.mean() / _OPEN, 1) - len(near)
                     + 0.4 * min(_in_view(plan, at, heading), 3) / 3)
            if value > score:
                best, score = (at, heading), value
            if value >= 2.4:
                break
        (x, y), heading = best
        drawn.append(Pose(float(x), float(y), float(height), heading,
                          float(tilt + _PITCH_JITTER * rng.uniform(-1.0, 1.0)),
                          float(_ROLL_JITTER * rng.uniform(-1.0, 1.0))))
    return drawn


def _in_view(plan: FloorPlan, at: np.ndarray, heading: float) -> int:
    """Return about how many things are in view."""
    away = np.array(plan.centres).reshape(-1, 2) - at
    off = np.angle(np.exp(1j * (np.arctan2(away[:, 1], away[:, 0]) - heading)))
    distance = np.hypot(*away.T)
    return int(((np.abs(off) < 0.5) & (distance > 0.8) & (distance < 5.0)).sum())


def _ahead(plan: FloorPlan, row: int, column: int, heading: float) -> float:
    """Return the metres to the first solid cell."""
    steps = np.arange(1, 80)
    rows = np.round(row + steps * math.sin(heading)).astype(int)
    columns = np.round(column + steps * math.cos(heading)).astype(int)
    inside = ((rows >= 0) & (rows < plan.solid.shape[0])
              & (columns >= 0) & (columns < plan.solid.shape[1]))
    free = inside.copy()
    free[inside] = ~plan.solid[rows[inside], columns[inside]]
    return CELL * float(len(steps) if free.all() else np.argmin(free))
