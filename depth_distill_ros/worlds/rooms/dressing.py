# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts objects on furniture: books in shelves, lamps and small objects on tops."""

from __future__ import annotations

import math

from depth_distill_ros.worlds.rooms.furniture import small
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.placement import Placer, relative
from depth_distill_ros.worlds.rooms.scene import Object, Surface


def put(room: Placer, parent: Object, thing: Object, x: float | None = None,
        y: float | None = None, yaw: float = 0.0, surface: Surface | None = None,
        ) -> Object | None:
    """
    Put ``thing`` on a surface of ``parent`` if it fits.

    x, y: metres from the middle of the surface; None draws them
    surface: one of ``parent.surfaces``; None is the first
    """
    surface = surface or parent.surfaces[0]
    low, high = thing.at(0, 0, 0, yaw).bounds()
    width, depth, height = high - low
    if width > surface.width or depth > surface.depth or height > surface.clear:
        return None
    spare_x, spare_y = (surface.width - width) / 2, (surface.depth - depth) / 2
    x = room.rng.uniform(-spare_x, spare_x) if x is None else x
    y = room.rng.uniform(-spare_y, spare_y) if y is None else y
    x, y = min(max(x, -spare_x), spare_x), min(max(y, -spare_y), spare_y)
    middle = (low + high) / 2
    return room.try_add(relative(parent, thing, surface.x + x - middle[0],
                                 surface.y + y - middle[1], surface.z, yaw))


def scatter(m: Materials, room: Placer, parent: Object, count: int,
            surface: Surface | None = None) -> None:
    """Put up to ``count`` small objects on a surface."""
    surface = surface or parent.surfaces[0]
    for _ in range(count):
        pick = m.rng.random()
        if pick < 0.2:
            thing = small.book_stack(m)
        elif pick < 0.3 and surface.clear > 0.35:
            thing = small.plant(m, m.rng.uniform(0.2, 0.4))
        else:
            thing = small.trinket(m)
        put(room, parent, thing, yaw=m.rng.uniform(-0.5, 0.5), surface=surface)


def shelves(m: Materials, room: Placer, parent: Object) -> None:
    """Fill a bookcase with rows of books, books beside objects, or objects; leave some empty."""
    *inner, top = parent.surfaces
    for surface in inner:
        if m.rng.random() > 0.45 + 0.55 * m.look.clutter:
            continue
        share = float(m.rng.choice([1.0, 1.0, 0.6, 0.5, 0.0]))
        left = -surface.width / 2
        if share:
            width = share * surface.width
            row = small.book_row(m, width, min(surface.clear - 0.02, 0.3), surface.depth * 0.75)
            side = m.rng.choice([-1, 1]) if share < 1 else 1
            put(room, parent, row, side * (left + width / 2), 0.0, surface=surface)
        if share < 0.9:
            scatter(m, room, parent, 2 if surface.width > 0.4 else 1, surface)
    if m.rng.random() < m.look.clutter:
        scatter(m, room, parent, int(m.rng.integers(1, 3)), top)


def top(m: Materials, room: Placer, parent: Object, lamp: float = 0.4) -> None:
    """Put small objects, and with probability ``lamp`` a lamp, on top of a cupboard."""
    width = parent.surfaces[0].width
    if m.rng.random() < lamp:
        x = m.rng.choice([-1, 1]) * width * 0.4
        put(room, parent, small.table_lamp(m), x, 0.0)
    scatter(m, room, parent, int(m.rng.binomial(4, m.look.clutter)) if width > 0.6 else 1)


def workplace(m: Materials, room: Placer, parent: Object) -> None:
    """Put a monitor and a keyboard, or a laptop, on a desk, with small objects around them."""
    width = parent.surfaces[0].width
    if m.rng.random() < 0.75:
        screen, keys = small.computer(m)
        x = m.rng.uniform(-0.15, 0.15) * width
        put(room, parent, screen, x, -0.16)
        put(room, parent, keys, x, 0.14)
        if width > 1.4 and m.rng.random() < 0.4:
            put(room, parent, small.television(m, 0.52), x + 0.66, -0.14)
    else:
        put(room, parent, small.laptop(m), 0.0, 0.05)
    if m.rng.random() < 0.5:
        put(room, parent, small.table_lamp(m), width * 0.42, -0.2)
    scatter(m, room, parent, int(m.rng.integers(1, 2 + round(3 * m.look.clutter))))


def dinner(m: Materials, room: Placer, parent: Object) -> None:
    """Lay some tables; put small objects on all of them."""
    if m.rng.random() < 0.4:
        surface = parent.surfaces[0]
        for side in (-1, 1):
            for x in (-0.25, 0.25):
                put(room, parent, small.place_setting(m), x * surface.width,
                    side * 0.3 * surface.depth, 0.0 if side > 0 else math.pi)
    scatter(m, room, parent, int(m.rng.integers(1, 4)))
