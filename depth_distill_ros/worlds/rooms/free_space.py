# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The free space of a room on a grid: where a robot's camera may be."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.stream.classes import CEILING, FLOOR, WALL
from depth_distill_ros.worlds.rooms.looks import Look
from depth_distill_ros.worlds.rooms.scene import Room

CELL = 0.05
_CLEARANCE = 0.38
_OVERHEAD, _ABOVE = 1.0, 0.25
_UNDERFOOT = 0.03
_SHELL = (CEILING, FLOOR, WALL)
_CONE, _NEAREST, _FARTHEST = 0.45, 0.9, 5.0


class FreeSpace:
    """
    The largest connected area with a distance to all furniture and walls.

    A robot or a person carries the camera, from the floor to a hand's breadth above it.

    look: of the camera, whose height decides what is in its way; None: one below 0.75 m
    ceiling: height of the room, metres
    distance: metres from each cell to the nearest object or wall; indexed [y, x]
    free: cells where the camera may be
    area: of the free cells, square metres
    """

    def __init__(self, room: Room, look: Look | None = None) -> None:
        self.ceiling = room.size[2]
        top = _OVERHEAD
        if look is not None:
            top = max(top, sum(look.heights(self.ceiling)) + _ABOVE)
        self._things = np.array([thing.position[:2] for thing in room.objects
                                 if thing.label not in _SHELL]).reshape(-1, 2)
        rows, columns = (int(np.ceil(room.size[k] / CELL)) for k in (1, 0))
        occupied = np.zeros((rows + 2, columns + 2), np.uint8)
        occupied[[0, -1]] = 1
        occupied[:, [0, -1]] = 1
        for thing in room.objects:
            for low, high in thing.boxes():
                if low[2] < top and high[2] > _UNDERFOOT:
                    x0, y0 = (int(max(np.floor(v / CELL) + 1, 0)) for v in low[:2])
                    x1, y1 = (int(np.ceil(v / CELL) + 1) for v in high[:2])
                    occupied[y0:max(y1, 0), x0:max(x1, 0)] = 1
        away = cv2.distanceTransform(1 - occupied, cv2.DIST_L2, 5)
        self.distance = away[1:-1, 1:-1] * CELL - 0.5 * CELL
        mask = (self.distance >= _CLEARANCE).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else -1
        self.free = labels == largest
        self.area = float(self.free.sum()) * CELL * CELL
        self._cells = np.argwhere(self.free)

    def is_free(self, x: float, y: float) -> bool:
        """Return whether the camera may be at (x, y)."""
        row, column = int(y / CELL), int(x / CELL)
        return (0 <= row < self.free.shape[0] and 0 <= column < self.free.shape[1]
                and bool(self.free[row, column]))

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return random free points, count x 2, metres."""
        cells = self._cells[rng.integers(len(self._cells), size=count)]
        return (cells[:, ::-1] + 0.5) * CELL

    def sight(self, x: float, y: float, heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each heading, the metres to the first object and those of free driving."""
        steps = np.arange(1, 140) * CELL
        px = x + np.cos(heading)[:, None] * steps
        py = y + np.sin(heading)[:, None] * steps
        rows = np.clip((py / CELL).astype(int), 0, self.free.shape[0] - 1)
        columns = np.clip((px / CELL).astype(int), 0, self.free.shape[1] - 1)
        inside = ((px >= 0) & (py >= 0) & (px < self.free.shape[1] * CELL)
                  & (py < self.free.shape[0] * CELL))
        clear = inside & (self.distance[rows, columns] > 0.0)
        free = inside & self.free[rows, columns]
        return tuple(np.where(ok.all(axis=1), len(steps), np.argmin(ok, axis=1)) * CELL
                     for ok in (clear, free))

    def interest(self, x: float, y: float, heading: np.ndarray) -> np.ndarray:
        """Return how many objects are in view along each heading."""
        dx, dy = (self._things - (x, y)).T
        distance = np.hypot(dx, dy)
        off = np.abs((np.arctan2(dy, dx) - heading[:, None] + np.pi) % (2 * np.pi) - np.pi)
        return ((off < _CONE) & (distance > _NEAREST) & (distance < _FARTHEST)).sum(axis=1)
