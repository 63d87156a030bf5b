# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a disc robot may be in a room, exactly, and a course through it."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np

from depth_distill_ros.apps.bench.drive.planner import Planner
from depth_distill_ros.stream.classes import CEILING, FLOOR, WALL
from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.rooms.scene import Object, Part, Room

CELL = 0.025
_SHELL = (CEILING, FLOOR, WALL)
# Lower things are driven over: rugs.
_UNDERFOOT = 0.03
_SHIFT = 4  # binary digits of a pixel that cv2 draws with
_PAIRS, _LONG = 60, 3.0


class Ground:
    """
    The footprints of a room's things and walls, on cells of 2.5 cm.

    Args:
        height: of the robot, metres; it passes under what is higher
    Attributes:
        occupied: bool, indexed [y, x]
        distance: metres from each cell's middle to what is occupied
    """

    def __init__(self, room: Room, height: float) -> None:
        rows, columns = (math.ceil(room.size[k] / CELL) for k in (1, 0))
        drawn = np.zeros((rows + 2, columns + 2), np.uint8)
        for thing in room.objects:
            if thing.label not in _SHELL:
                for part in thing.parts:
                    _draw(drawn, thing, part, height)
        drawn[[0, -1]] = drawn[:, [0, -1]] = 1
        away = cv2.distanceTransform(1 - drawn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        self.size = room.size[:2]
        self.occupied = drawn[1:-1, 1:-1] > 0
        self.distance = (away[1:-1, 1:-1] - 0.5) * CELL

    def clearance(self, x: float, y: float) -> float:
        """Return the metres from a point to the nearest thing; 0 outside the room."""
        row, column = int(y / CELL), int(x / CELL)
        inside = 0 <= row < self.distance.shape[0] and 0 <= column < self.distance.shape[1]
        if not inside or x < 0 or y < 0:
            return 0.0
        return max(0.0, float(self.distance[row, column]))


@dataclass(frozen=True)
class Course:
    """
    A start, with a heading in radians, and a goal; metres. length: of the shortest way, metres.

    The way is that of a planner that knows the room.
    """

    start: tuple[float, float, float]
    goal: tuple[float, float]
    length: float


def course(ground: Ground, radius: float, rng: np.random.Generator) -> Course | None:
    """
    Return a course of 3 m or more, else the longest that was drawn; None where no way is free.

    Start and goal are a hand's breadth farther from all things than the robot needs.
    """
    stride = round(Planner.CELL / CELL)
    coarse = ground.occupied[:ground.occupied.shape[0] // stride * stride,
                             :ground.occupied.shape[1] // stride * stride]
    coarse = coarse.reshape(coarse.shape[0] // stride, stride, -1, stride).any((1, 3))
    free = np.argwhere(ground.distance > radius + 0.15)
    best: Course | None = None
    if not len(free):
        return None
    for _ in range(_PAIRS):
        (y0, x0), (y1, x1) = (free[rng.integers(len(free), size=2)] + 0.5) * CELL
        heading = float(rng.uniform(-math.pi, math.pi))
        if math.hypot(x1 - x0, y1 - y0) < 0.6 * _LONG:
            continue
        length = Planner(coarse, (x1, y1), radius).length(x0, y0)
        if math.isfinite(length) and (best is None or length > best.length):
            best = Course((float(x0), float(y0), heading), (float(x1), float(y1)), length)
        if best is not None and best.length >= _LONG:
            break
    return best


def _draw(drawn: np.ndarray, thing: Object, part: Part, height: float) -> None:
    """Draw the outline of a part that is in the robot's way."""
    turn = rotation((0.0, 0.0, thing.yaw))
    own = np.array(_outline(part)) * (0.5 * np.array(part.size))
    points = (own @ rotation(part.rpy).T + part.centre) @ turn.T + thing.position
    if points[:, 2].min() >= height or points[:, 2].max() <= _UNDERFOOT:
        return
    pixels = (points[:, :2] / CELL + 0.5) * (1 << _SHIFT)
    hull = cv2.convexHull(np.rint(pixels).astype(np.int32))
    cv2.fillConvexPoly(drawn, hull, 1, shift=_SHIFT)


def _outline(part: Part) -> list[tuple[float, float, float]]:
    """Return points whose hull is that of a box, or of a round thing of the size 2."""
    if part.shape == 'box':
        return [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    circle = [(math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * math.pi, 16, False)]
    levels = (-1.0, 1.0) if part.shape == 'cylinder' else (0.0,)
    ends = [] if part.shape == 'cylinder' else [(0.0, 0.0, -1.0), (0.0, 0.0, 1.0)]
    return [(x, y, z) for x, y in circle for z in levels] + ends
