# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
One furnished room from a seed.

``generate`` draws the kind of room, its shell, its furniture and its lights from one generator of
random numbers, so that a look and a seed always give the same room.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from depth_distill_ros.worlds.rooms import groups, layouts, lighting, randomise, shell
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.furniture import small
from depth_distill_ros.worlds.rooms.looks import Look
from depth_distill_ros.worlds.rooms.materials import Materials, choose
from depth_distill_ros.worlds.rooms.placement import Placer
from depth_distill_ros.worlds.rooms.scene import Room

_ATTEMPTS = 12
_LEAST_FREE = 2.0


def generate(look: Look, seed: int | Sequence[int], kind: str | None = None) -> Room:
    """
    Return a furnished room with at least two square metres of connected free space.

    look: 'stream', 'target' or one from a file (``look_file.named``)
    seed: one number or several
    kind: one of ``layouts.LAYOUTS``; None draws one with the weights of the look
    """
    rng = np.random.default_rng(seed)
    look = randomise.favourites(look, rng)
    best, most = None, -1.0
    for attempt in range(_ATTEMPTS):
        room = _furnish(look, rng, kind, shrink=attempt / _ATTEMPTS)
        area = FreeSpace(room, look).area
        if area > most:
            best, most = room, area
        if area >= _LEAST_FREE:
            break
    return randomise.finished(best, look, rng)


def _furnish(look: Look, rng: np.random.Generator, kind: str | None, shrink: float) -> Room:
    kind = kind or choose(rng, look.kinds)
    low = max(look.side[0], layouts.LEAST_SIDE[kind]) + shrink
    size = (float(rng.uniform(low, look.side[1])), float(rng.uniform(low, look.side[1] - 1.0)),
            float(rng.uniform(*look.ceiling)))
    if rng.random() < 0.5:
        size = (size[1], size[0], size[2])
    m, room = Materials(look, rng), Placer(size, rng)
    for thing in shell.shell(m, size, int(rng.integers(4))):
        room.add(thing, solid=False)
    window_walls = _openings(m, room)
    layouts.LAYOUTS[kind](m, room)
    if shrink < 0.5:
        for _ in range(int((size[0] + size[1] - 6.5) / 1.5)):
            groups.cupboard(m, room)
        layouts.extras(m, room, int(rng.integers(*look.extras)))
    layouts.pictures(m, room, int(rng.integers(look.pictures[0], look.pictures[1] + 1)))
    drop = rng.uniform(0.08, 0.7 if kind == 'dining room' else 0.45)
    lamp = small.ceiling_lamp(m, drop)
    room.try_add(lamp.at(size[0] / 2, size[1] / 2, size[2] - drop))
    randomise.litter(m, room)
    ambient, lights = lighting.lights(look.lighting, rng, size, window_walls)
    return Room(kind, size, tuple(room.objects), ambient, lights, m.textures)


def _openings(m: Materials, room: Placer) -> list[int]:
    """Cut doors and windows; return the walls with windows."""
    rng, look = room.rng, m.look
    order = [int(w) for w in rng.permutation(4)]
    for wall in order[:1 if rng.random() < 0.7 else 2]:
        reach = 0.5 * shell.wall_length(room.size, wall) - 0.65
        along = reach * float(rng.choice([-1.0, 1.0, rng.uniform(-1.0, 1.0)]))
        room.add(room.on_wall(shell.door(m), wall, along, 0.0, 0.0))
        (xa, ya), (xb, yb) = (shell.wall_point(room.size, wall, along + side * 0.5, out)
                              for side, out in ((-1, 0.0), (1, 0.9)))
        room.keep_free.append((min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)))
    walls = []
    for wall in order[2:2 + int(rng.integers(1, 3))]:
        length = shell.wall_length(room.size, wall)
        width = rng.uniform(0.9, min(2.2, length - 0.9))
        low = float(rng.choice([0.85, 0.95, 1.05, 0.08], p=[0.35, 0.3, 0.25, 0.1]))
        high = rng.uniform(1.95, min(2.25, room.size[2] - 0.15))
        reach = 0.5 * (length - width) - 0.3
        along = rng.uniform(-reach, reach) if reach > 0 else 0.0
        window = shell.window(m, width, low, high)
        if not room.try_add(room.on_wall(window, wall, along, 0.0, 0.0)):
            continue
        walls.append(wall)
        if rng.random() < look.curtain:
            bottom = 0.03 if rng.random() < 0.5 else low - 0.12
            for side in (-1, 1):
                cloth = shell.curtain(m, 0.30, max(0.03, bottom), high + 0.1)
                room.try_add(room.on_wall(cloth, wall, along + side * (width / 2 + 0.22), 0.0,
                                          0.02))
    return walls
