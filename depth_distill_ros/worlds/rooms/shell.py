# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The empty room: floor, walls, ceiling, skirting, doors, windows and curtains."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_distill_ros.stream.classes import CEILING, FLOOR, WALL, WINDOW
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.scene import Material, Object, Parts

WALL_YAW = (0.0, math.pi / 2, math.pi, -math.pi / 2)
_THICK = 0.10


def wall_length(size: tuple[float, float, float], wall: int) -> float:
    """Return the length of wall 0 (y = 0), 1 (x = X), 2 (y = Y) or 3 (x = 0), metres."""
    return size[wall % 2]


def wall_point(size: tuple[float, float, float], wall: int, along: float,
               out: float) -> tuple[float, float]:
    """Return (x, y), ``along`` the wall from its middle and ``out`` of it into the room."""
    x, y, _ = size
    return ((x / 2 + along, out), (x - out, y / 2 + along),
            (x / 2 - along, y - out), (out, y / 2 - along))[wall]


def shell(m: Materials, size: tuple[float, float, float], accent: int) -> list[Object]:
    """Return floor, ceiling and four walls with skirting; wall ``accent`` may look different."""
    x, y, height = size
    slab = (x + 2 * _THICK, y + 2 * _THICK, _THICK)
    floor, roof = Parts().box(slab, (0, 0, -_THICK), m.floor), Parts().box(slab, (0, 0, 0), m.roof)
    objects = [floor.object('floor', FLOOR).at(x / 2, y / 2),
               roof.object('ceiling', CEILING).at(x / 2, y / 2, height)]
    for wall in range(4):
        length = wall_length(size, wall)
        parts = Parts().box((length, _THICK, height), (0, -_THICK / 2, 0),
                            m.accent_wall if wall == accent else m.wall)
        parts.box((length, 0.008, 0.07), (0, 0.004, 0), m.trim)
        objects.append(parts.object('wall', WALL).at(*wall_point(size, wall, 0.0, 0.0), 0.0,
                                                     WALL_YAW[wall]))
    return objects


def door(m: Materials) -> Object:
    """Return a closed door in its frame; NYU counts doors as wall."""
    parts, width, height = Parts(), 0.86, 2.02
    leaf = m.front() if m.rng.random() < 0.6 else m.white
    parts.box((width, 0.025, height), (0, 0.0125, 0.005), leaf)
    for z, tall in ((0.18, 0.62), (0.95, 0.88)):
        if leaf.texture is None:
            shade = Material(tuple(0.88 * c for c in leaf.colour), gloss=leaf.gloss)
            parts.box((width - 0.26, 0.004, tall), (0, 0.027, z), shade)
    parts.pair((0.07, 0.04, height + 0.07), (width / 2 + 0.035, 0.02, 0), m.trim)
    parts.box((width, 0.04, 0.07), (0, 0.02, height), m.trim)
    parts.box((0.12, 0.02, 0.02), (width / 2 - 0.10, 0.06, 1.03), m.metal)
    parts.box((0.02, 0.05, 0.02), (width / 2 - 0.06, 0.04, 1.03), m.metal)
    return parts.object('door', WALL)


def window(m: Materials, width: float, low: float, high: float) -> Object:
    """Return a bright window with frame, bars and sill; its origin is on the floor."""
    parts, bar = Parts(), 0.055
    frame = m.trim
    parts.box((width, 0.02, high - low), (0, 0.01, low), m.glass)
    parts.pair((bar, 0.045, high - low), ((width - bar) / 2, 0.0225, low), frame)
    for z in (low, high - bar):
        parts.box((width - 2 * bar, 0.045, bar), (0, 0.0225, z), frame)
    count = max(1, round(width / 0.7))
    for k in range(1, count):
        parts.box((0.04, 0.04, high - low - 2 * bar), (k * width / count - width / 2, 0.02,
                  low + bar), frame)
    if m.rng.random() < 0.4:
        parts.box((width - 2 * bar, 0.04, 0.035), (0, 0.02, low + 0.62 * (high - low)), frame)
    if low > 0.3:
        parts.box((width + 0.1, 0.11, 0.03), (0, 0.055, low - 0.03), frame)
    return parts.object('window', WINDOW)


def curtain(m: Materials, width: float, low: float, high: float) -> Object:
    """Return one gathered curtain as a row of folds."""
    parts, stuff = Parts(), m.curtain
    shade = replace(stuff, colour=tuple(0.85 * c for c in stuff.colour))
    count = max(3, round(width / 0.09))
    step = width / count
    for k in range(count):
        depth = 0.07 if k % 2 else 0.045
        parts.box((step, depth, high - low),
                  ((k + 0.5) * step - width / 2, 0.10 - depth / 2 + 0.01, low),
                  stuff if k % 2 else shade)
    return parts.object('curtain', WINDOW)
