# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A disc robot with two driven wheels: its motion, and how it follows a way."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

RADIUS, HEIGHT = 0.2, 0.7  # metres
PERIOD = 0.25  # seconds between two frames
_SPEED, _TURN = 0.4, 1.0  # m/s, rad/s at most
_AHEAD = 0.45  # metres along the way to the point that it steers at
_ALIGNED = 0.6  # radians off the way beyond which it turns where it stands
_STEP = 0.02  # metres between two checks for a collision


@dataclass
class Robot:
    """Where it is: metres; heading in radians from the x axis."""

    x: float
    y: float
    heading: float

    def follow(self, way: np.ndarray) -> tuple[float, float]:
        """Return the speeds, m/s and rad/s, that follow a way, N×2 metres from here."""
        along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))))
        x, y = way[min(int(np.searchsorted(along, _AHEAD)), len(way) - 1)]
        off = _wrapped(math.atan2(y - self.y, x - self.x) - self.heading)
        turn = max(-_TURN, min(_TURN, 2.0 * off))
        if abs(off) > _ALIGNED:
            return 0.0, math.copysign(_TURN, off)
        return _SPEED * (1.0 - abs(off) / _ALIGNED), turn

    def look_round(self) -> tuple[float, float]:
        """Return the speeds that turn it where it stands."""
        return 0.0, _TURN

    def drive(self, speed: float, turn: float) -> list[tuple[float, float]]:
        """Drive for one period; return the places that it passed."""
        count = max(1, math.ceil(abs(speed) * PERIOD / _STEP))
        places = []
        for _ in range(count):
            self.heading = _wrapped(self.heading + turn * PERIOD / count)
            self.x += speed * PERIOD / count * math.cos(self.heading)
            self.y += speed * PERIOD / count * math.sin(self.heading)
            places.append((self.x, self.y))
        return places


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi
