# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Places objects without overlap and keeps doors free."""

from __future__ import annotations

import math

import numpy as np

from depth_distill_ros.worlds.rooms.scene import Object, overlap
from depth_distill_ros.worlds.rooms.shell import WALL_YAW, wall_length, wall_point

SLACK = 0.004


class Placer:
    """
    A room while it is furnished.

    size: (x, y, height), metres
    objects: those placed so far, in order; the shell is first
    keep_free: rectangles (x0, y0, x1, y1) on the floor that must stay free
    """

    def __init__(self, size: tuple[float, float, float], rng: np.random.Generator) -> None:
        self.size, self.rng = size, rng
        self.objects: list[Object] = []
        self.keep_free: list[tuple[float, float, float, float]] = []
        self._boxes = np.empty((0, 2, 3))

    def add(self, thing: Object, solid: bool = True) -> Object:
        """Place an object without a check; others may overlap it unless it is ``solid``."""
        self.objects.append(thing)
        if solid:
            self._boxes = np.concatenate([self._boxes, thing.boxes()])
        return thing

    def fits(self, thing: Object, gap: float = 0.0, free_ahead: float = 0.0) -> bool:
        """
        Return whether an object fits at its position.

        gap: horizontal distance to all others, metres
        free_ahead: metres in front of it where no furniture may stand
        """
        boxes = thing.boxes()
        low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
        if (low < -SLACK).any() or (high > np.asarray(self.size) + SLACK).any():
            return False
        if low[2] < 1.9 and any(low[0] < x1 and high[0] > x0 and low[1] < y1 and high[1] > y0
                                for x0, y0, x1, y1 in self.keep_free):
            return False
        if gap:
            boxes = boxes + np.array([[-gap, -gap, 0.0], [gap, gap, 0.0]])
        if overlap(boxes, self._boxes, SLACK):
            return False
        if free_ahead:
            ahead = np.array([low, high]) + SLACK
            ahead[0, 2], ahead[1, 2] = 0.05, 1.0
            dx, dy = -math.sin(thing.yaw), math.cos(thing.yaw)
            shift = free_ahead * np.array([dx, dy, 0.0])
            ahead = np.array([np.minimum(ahead[0], ahead[0] + shift),
                              np.maximum(ahead[1], ahead[1] + shift)])
            inside = ((ahead[0, :2] >= -SLACK).all()
                      and (ahead[1, :2] <= np.add(self.size[:2], SLACK)).all())
            return bool(inside) and not overlap(ahead[None], self._boxes, SLACK)
        return True

    def try_add(self, thing: Object, gap: float = 0.0, free_ahead: float = 0.0) -> Object | None:
        """Place an object at its position and return it; None if it does not fit."""
        return self.add(thing) if self.fits(thing, gap, free_ahead) else None

    def against_wall(self, thing: Object, z: float = 0.0, gap: float = 0.02, beside: float = 0.03,
                     free_ahead: float = 0.0, tries: int = 14,
                     corner: float = 0.4) -> Object | None:
        """
        Place an object with its back to one of the walls; None if no try fits.

        gap, beside: distance to the wall and to its neighbours, metres
        corner: probability of a try at an end of the wall
        """
        low, high = thing.bounds()
        for _ in range(tries):
            wall = int(self.rng.choice(4))
            reach = 0.5 * wall_length(self.size, wall) - 0.5 * (high[0] - low[0]) - 0.02
            if reach < 0:
                continue
            along = reach * (self.rng.choice([-1.0, 1.0]) if self.rng.random() < corner
                             else self.rng.uniform(-1.0, 1.0))
            placed = self.try_add(self.on_wall(thing, wall, along, z, gap), beside, free_ahead)
            if placed:
                return placed
        return None

    def on_wall(self, thing: Object, wall: int, along: float, z: float, gap: float) -> Object:
        """Return the object at a wall: ``along`` it from its middle, its back ``gap`` away."""
        low, high = thing.bounds()
        x, y = wall_point(self.size, wall, along - 0.5 * (low[0] + high[0]), gap - low[1])
        return thing.at(x, y, z, WALL_YAW[wall])

    def anywhere(self, thing: Object, gap: float = 0.3) -> Object | None:
        """Place an object on the floor at a random position and angle; None if no try fits."""
        for _ in range(10):
            x, y = self.rng.uniform((0.3, 0.3), np.subtract(self.size[:2], 0.3))
            yaw = self.rng.uniform(-math.pi, math.pi)
            if placed := self.try_add(thing.at(float(x), float(y), 0.0, yaw), gap):
                return placed
        return None


def relative(parent: Object, thing: Object, x: float, y: float, z: float = 0.0,
             yaw: float = 0.0) -> Object:
    """Return ``thing`` at a pose given in the frame of ``parent``."""
    c, s = math.cos(parent.yaw), math.sin(parent.yaw)
    px, py, pz = parent.position
    return thing.at(px + c * x - s * y, py + s * x + c * y, pz + z, parent.yaw + yaw)
