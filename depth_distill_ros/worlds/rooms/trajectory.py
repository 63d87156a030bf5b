# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The path of a robot's camera through a room; it looks in the direction in which it drives.

Progress is metres driven plus radians turned over ``TURN_PER_METRE``, so that frames are equally
spaced whether the robot turns or drives.
"""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np

from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.looks import Look

TURN_PER_METRE = 1.6
_STEP = 0.02
_CORRELATION = 0.5
_STARE = 1.3


def poses(space: FreeSpace, look: Look, rng: np.random.Generator, stride: float) -> Iterator[Pose]:
    """
    Yield camera poses without end, ``stride`` metres of progress apart.

    The mount (height, pitch) is drawn once; pitch and roll then vary as the robot moves.
    """
    x, y = (float(v) for v in space.draw(rng, 1)[0])
    yaw = _first_heading(space, rng, x, y)
    (usual, deviation), (level, swing) = look.heights(space.ceiling), look.camera_pitch
    height = usual + deviation * rng.uniform(-1.0, 1.0)
    mount = 0.5 * swing * rng.uniform(-1.0, 1.0)
    keep = math.exp(-stride / _CORRELATION)
    drift, sway = rng.standard_normal((2, 2))
    goal, speed, left = None, 1.0, 0.0
    while True:
        pitch = level + mount + float(np.clip(0.25 * sway[0], -0.5, 0.5)) * swing
        roll = float(np.clip(0.5 * sway[1], -1.0, 1.0)) * look.camera_roll
        yield Pose(x, y, height, yaw, pitch, roll)
        # Noise through two equal low-pass filters, scaled to unit spread: smooth motion.
        drift = keep * drift + math.sqrt(1.0 - keep * keep) * rng.standard_normal(2)
        sway = keep * sway + (1.0 - keep * keep) / math.sqrt(1.0 + keep * keep) * drift
        left += stride
        while left >= _STEP:
            left -= _STEP
            if goal is None:
                goal = _next_goal(space, rng, x, y, yaw)
                speed = 0.0
            x, y, yaw, speed, there = _drive(space, x, y, yaw, speed, goal)
            if there:
                goal = None


def _first_heading(space: FreeSpace, rng: np.random.Generator, x: float, y: float) -> float:
    headings = rng.uniform(-math.pi, math.pi, 12)
    ahead, _ = space.sight(x, y, headings)
    return float(headings[int(np.argmax(np.minimum(ahead, 3.0) + _interest(
        space, x, y, headings)))])


def _interest(space: FreeSpace, x: float, y: float, headings: np.ndarray) -> np.ndarray:
    return 0.35 * np.minimum(space.interest(x, y, headings), 7)


def _next_goal(space: FreeSpace, rng: np.random.Generator, x: float, y: float,
               yaw: float) -> tuple[float, float]:
    """Choose a heading with a view into the room, and a point in that direction."""
    headings = yaw + rng.uniform(-math.pi, math.pi, 24)
    ahead, drive = space.sight(x, y, headings)
    turn = np.abs(headings - yaw)
    score = np.minimum(ahead, 3.5) + 1.5 * np.minimum(drive, 2.0) - 0.4 * turn \
        + _interest(space, x, y, headings) + rng.gumbel(0.0, 0.6, len(headings))
    score -= 3.0 * np.maximum(0.0, 1.6 - ahead)
    best = int(np.argmax(score))
    reach = min(float(drive[best]), max(0.0, float(ahead[best]) - _STARE))
    reach = max(0.0, reach * rng.uniform(0.5, 1.0))
    return (x + (reach + 1e-3) * math.cos(headings[best]),
            y + (reach + 1e-3) * math.sin(headings[best]))


def _drive(space: FreeSpace, x: float, y: float, yaw: float, speed: float,
           goal: tuple[float, float]) -> tuple[float, float, float, float, bool]:
    """Advance by one small step of progress; the last item is whether the goal is reached."""
    dx, dy = goal[0] - x, goal[1] - y
    error = (math.atan2(dy, dx) - yaw + math.pi) % (2 * math.pi) - math.pi
    distance = math.hypot(dx, dy)
    if distance < _STEP and abs(error) < 0.3:
        return x, y, yaw, 0.0, True
    most = _STEP * TURN_PER_METRE
    if abs(error) > 0.03:
        yaw += max(-most, min(most, error))
    if abs(error) > 0.35:
        return x, y, yaw, 0.0, False
    speed = min(1.0, speed + 0.1)
    step = min(_STEP * speed, distance)
    nx, ny = x + step * math.cos(yaw), y + step * math.sin(yaw)
    if not space.is_free(nx, ny):
        return x, y, yaw, 0.0, True
    return nx, ny, yaw, speed, distance <= _STEP
