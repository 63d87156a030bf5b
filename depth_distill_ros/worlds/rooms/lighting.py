# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The lights of a room: ambient, ceiling lamp, windows, and reflection from the floor."""

from __future__ import annotations

import math

import numpy as np

from depth_distill_ros.worlds.rooms.looks import Lighting
from depth_distill_ros.worlds.rooms.scene import Light


def tint(temperature: float) -> np.ndarray:
    """Return the RGB gains of a light from -1, bluish daylight, to 1, a warm bulb."""
    return np.array([1.0 + 0.18 * temperature, 1.0, 1.0 - 0.30 * temperature])


def rgb(colour: np.ndarray) -> tuple[float, float, float]:
    """Return a colour as three numbers in 0..1."""
    return tuple(float(v) for v in np.clip(colour, 0.0, 1.0))


def lights(look: Lighting, rng: np.random.Generator, size: tuple[float, float, float],
           window_walls: list[int]) -> tuple[tuple[float, float, float], tuple[Light, ...]]:
    """Return the ambient RGB and the lights: ceiling lamp, one per window wall, reflection."""
    x, y, height = size
    warm, day = tint(rng.uniform(*look.temperature)), tint(rng.uniform(*look.window_temperature))
    lamp = rng.uniform(*look.ceiling)
    ambient = rng.uniform(*look.ambient) * 0.5 * (warm + day)
    result = [Light('spot', (0.0, 0.0, -1.0), rgb(lamp * warm), (x / 2, y / 2, height - 0.05))]
    for wall in window_walls:
        inward = ((0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0))[wall]
        swing, fall = rng.uniform(-0.6, 0.6), rng.uniform(-0.75, -0.30)
        direction = np.array([inward[0] * math.cos(swing) - inward[1] * math.sin(swing),
                              inward[0] * math.sin(swing) + inward[1] * math.cos(swing), fall])
        direction /= np.linalg.norm(direction)
        at = np.array([x / 2, y / 2, 1.0]) - 6.0 * direction
        result.append(Light('directional', tuple(float(v) for v in direction),
                            rgb(rng.uniform(*look.window) * day), tuple(float(v) for v in at)))
    up = rng.uniform(*look.bounce) * warm
    side = rng.uniform(-0.5, 0.5, 2)
    direction = np.array([*side, 1.0]) / math.sqrt(1.0 + float(side @ side))
    result.append(Light('directional', tuple(float(v) for v in direction), rgb(up),
                        (x / 2, y / 2, 0.1)))
    return rgb(ambient), tuple(result)
