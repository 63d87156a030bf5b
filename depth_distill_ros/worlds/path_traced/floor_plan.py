# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The floor plan of a room: outline, walls, openings, and the placement of things."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np

from depth_distill_ros.worlds.path_traced.thing import Thing

CELL = 0.05
# Free depth before a door, metres.
_DOORSTEP = 0.9
# Metres by which a thing may be taller than the sill of a window behind it.
_BEFORE_WINDOW = 0.3


@dataclass(frozen=True)
class Wall:
    """A wall from one corner of the outline to the next; the room is on its left."""

    start: np.ndarray
    end: np.ndarray

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.end - self.start))

    @property
    def turn(self) -> float:
        """Radians that turn x along the wall and y into the room."""
        dx, dy = self.end - self.start
        return math.atan2(dy, dx)

    def point(self, along: float, out: float = 0.0) -> np.ndarray:
        """Return (x, y), `along` metres from its start and `out` metres into the room."""
        d = (self.end - self.start) / self.length
        return self.start + along * d + out * np.array([-d[1], d[0]])


@dataclass(frozen=True)
class Opening:
    """A door or a window in wall number `wall`, between two places along it and two heights."""

    wall: int
    low: float
    high: float
    bottom: float
    top: float
    door: bool = False


class FloorPlan:
    """
    The floor on a grid of 5 cm.

    Attributes:
        outline: corners, N×2 metres, counter-clockwise; all of the room is visible from the first
        walls: one between each corner and the next
        height: of the ceiling, metres
        things: those placed, in the coordinates of the room
        solid: occupied cells, indexed [y, x]
        centres: (x, y) of the things on the floor
    """

    def __init__(self, outline: np.ndarray, height: float, rng: np.random.Generator) -> None:
        self.outline, self.height, self.rng = outline, height, rng
        self.walls = [Wall(a, b) for a, b in
                      zip(outline, np.roll(outline, -1, axis=0), strict=True)]
        self.openings: list[Opening] = []
        self.things: list[Thing] = []
        self.centres: list[np.ndarray] = []
        self.origin = outline.min(axis=0)
        shape = np.ceil((outline.max(axis=0) - self.origin) / CELL).astype(int)[::-1]
        self._shape = tuple(shape)
        self.inside = self._cells(outline)
        self.solid = ~self.inside
        self._kept = np.zeros(self._shape, bool)

    def open(self, opening: Opening) -> None:
        """Cut an opening, which later things may neither hide nor block."""
        self.openings.append(opening)
        if opening.door:
            wall = self.walls[opening.wall]
            self._kept |= self._cells(np.array([
                wall.point(opening.low), wall.point(opening.high),
                wall.point(opening.high, _DOORSTEP), wall.point(opening.low, _DOORSTEP)]))

    def add(self, thing: Thing, at: np.ndarray, turn: float, z: float = 0.0) -> None:
        """Place a thing without a check."""
        self.things.append(thing.moved((*at, z), turn))
        rectangle = self._footprint(thing, at, turn, 0.0)
        if rectangle is not None and z < 1.0:
            self.solid |= self._cells(rectangle)
            self.centres.append(rectangle.mean(axis=0))

    def against_wall(self, thing: Thing, gap: float = 0.02) -> bool:
        """Place a thing with its back to a wall; return whether it fits anywhere."""
        x0, y0, x1, _ = thing.bounds(0.0, 9.0)
        high = max(float(part.mesh.corners[..., 2].max()) for part in thing.parts)
        places = [(number, along) for number, wall in enumerate(self.walls)
                  for along in np.arange(0.02 - x0, wall.length - x1, 2 * CELL)]
        for index in self.rng.permutation(len(places)):
            number, along = places[index]
            if self.hidden(number, along + x0, along + x1, 0.0, high - _BEFORE_WINDOW):
                continue
            wall = self.walls[number]
            at = wall.point(along, gap - y0)
            if self._fits(thing, at, wall.turn):
                self.add(thing, at, wall.turn)
                return True
        return False

    def freely(self, thing: Thing, tries: int = 80,
               turns: tuple[float, ...] = (0.0, 0.5 * np.pi)) -> bool:
        """Place a thing on the floor, at about one of some angles; return whether it fits."""
        cells = np.argwhere(~self.solid)
        for _ in range(tries if len(cells) else 0):
            row, column = cells[int(self.rng.integers(len(cells)))]
            at = self.origin + CELL * np.array([column + 0.5, row + 0.5])
            turn = float(self.rng.choice(turns)) + self.rng.normal(0, 0.08)
            if self._fits(thing, at, turn):
                self.add(thing, at, turn)
                return True
        return False

    def on_wall(self, thing: Thing, z: float, tries: int = 10) -> bool:
        """Hang a thing, its z = 0 at height `z`, on a free part of a wall if there is one."""
        x0, y0, x1, _ = thing.bounds(-9.0, 9.0)
        heights = np.concatenate([p.mesh.corners[..., 2].ravel() for p in thing.parts]) + z
        for _ in range(tries):
            number = self.any_wall()
            wall = self.walls[number]
            if wall.length < x1 - x0 + 0.3:
                continue
            along = self.rng.uniform(0.1 - x0, wall.length - x1 - 0.1)
            if self.hidden(number, along + x0, along + x1, heights.min(), heights.max()):
                continue
            self.things.append(thing.moved((*wall.point(along, 0.002 - y0), z), wall.turn))
            # Keep the place free of further things.
            self.openings.append(Opening(number, along + x0, along + x1, heights.min(),
                                         heights.max()))
            return True
        return False

    def any_wall(self) -> int:
        """Draw a wall, long ones more often."""
        lengths = np.array([wall.length for wall in self.walls])
        return int(self.rng.choice(len(lengths), p=lengths / lengths.sum()))

    def hidden(self, wall: int, low: float, high: float, bottom: float, top: float) -> bool:
        """Return whether that part of a wall overlaps an opening or a thing on the wall."""
        return any(o.wall == wall and low < o.high + 0.06 and o.low - 0.06 < high
                   and bottom < o.top and o.bottom + 0.02 < top for o in self.openings)

    def _fits(self, thing: Thing, at: np.ndarray, turn: float) -> bool:
        rectangle = self._footprint(thing, at, turn, -0.02)
        if rectangle is None:
            return True
        if ((rectangle < self.origin - CELL)
                | (rectangle > self.origin + CELL * (1 + np.array(self._shape[::-1])))).any():
            return False
        return not ((self.solid | self._kept) & self._cells(rectangle)).any()

    def _footprint(self, thing: Thing, at: np.ndarray, turn: float, margin: float,
                   ) -> np.ndarray | None:
        bounds = thing.bounds()
        if bounds is None:
            return None
        x0, y0, x1, y1 = np.array(bounds) + (-margin, -margin, margin, margin)
        c, s = math.cos(turn), math.sin(turn)
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        return corners @ np.array([[c, s], [-s, c]]) + at

    def _cells(self, corners: np.ndarray) -> np.ndarray:
        """Return the cells with their centres in a polygon."""
        mask = np.zeros(self._shape, np.uint8)
        points = (corners - self.origin) / CELL - 0.5
        # In 1/16 cells. fillPoly fills the edge too, so that things fit at a wall.
        cv2.fillPoly(mask, [np.round(16 * points).astype(np.int32)], 1, shift=4)
        return mask.astype(bool)
