# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables, shelves and cabinets, and the small things on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from depth_distill_ros.stream.classes import BOOKS, FURNITURE, OBJECTS, TABLE
from depth_distill_ros.worlds.path_traced import traced_ornaments as small
from depth_distill_ros.worlds.path_traced.meshes import box, cylinder, lathe, rod, rounded
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Materials
from depth_distill_ros.worlds.primitives import corners


def table(m: Materials, width: float, depth: float, height: float,
          round_top: bool = False) -> Thing:
    """Return a table in the middle of its own coordinates."""
    rng, t, top = m.rng, Thing(TABLE), m.wood()
    legs = m.metal if rng.random() < 0.4 else top
    thick = rng.uniform(0.02, 0.05)
    if round_top:
        r = width / 2
        t.add(cylinder(r, thick, (0, 0, height - thick), sides=40), top)
        if rng.random() < 0.5:
            return t.add(lathe([(0, 0), (0.55 * r, 0), (0.5 * r, 0.03), (0.05, 0.08),
                                (0.04, height - thick)]), legs)
        for k in range(4):
            a = np.pi / 4 + k * np.pi / 2
            c, s = np.cos(a), np.sin(a)
            t.add(rod((0.5 * r * c, 0.5 * r * s, height - thick), (0.7 * r * c, 0.7 * r * s, 0),
                      0.022), legs)
        return t
    t.add(rounded((width, depth, thick), 0.008, (0, 0, height - thick)), top)
    style = rng.choice(['square', 'round', 'panels', 'trestle'])
    x, y = width / 2 - 0.06, depth / 2 - 0.06
    if style == 'panels':
        for side in (-1, 1):
            t.add(box((0.03, depth - 0.04, height - thick), (side * x, 0, 0)), top)
        return t
    if style == 'trestle':
        for cx, cy in corners(x, y):
            t.add(rod((cx, cy * 0.3, height - thick), (cx, cy, 0), 0.022), legs)
        return t
    wide = rng.uniform(0.04, 0.08)
    for corner in corners(x, y):
        if style == 'square':
            t.add(box((wide, wide, height - thick), (*corner, 0)), legs)
        else:
            t.add(cylinder(wide / 3, height - thick, (*corner, 0), top=wide / 2), legs)
    t.add(box((width - 0.14, depth - 0.14, 0.06), (0, 0, height - thick - 0.06)), legs)
    return t


def scatter(m: Materials, width: float, depth: float, count: int,
            things: Sequence[Callable[[Materials], Thing]] = small.ORNAMENTS) -> Thing:
    """Return up to `count` small things on an area about the origin, metres."""
    rng, taken, t = m.rng, [], Thing()
    for _ in range(count):
        thing = things[int(rng.integers(len(things)))](m).moved((0, 0, 0), rng.uniform(-3, 3))
        x0, y0, x1, y1 = thing.bounds(-1.0, 3.0)
        low = np.array([-width / 2 - x0, -depth / 2 - y0])
        high = np.array([width / 2 - x1, depth / 2 - y1])
        if (low > high).any():
            continue
        at = rng.uniform(low, high)
        place = (at[0] + x0, at[1] + y0, at[0] + x1, at[1] + y1)
        if any(place[0] < b[2] and b[0] < place[2] and place[1] < b[3] and b[1] < place[3]
               for b in taken):
            continue
        taken.append(place)
        t.put(thing, (*at, 0))
    return t


def bookcase(m: Materials, width: float, height: float, depth: float) -> Thing:
    """Return open shelves with books and things, back at y = 0."""
    rng, t, wood = m.rng, Thing(FURNITURE), m.wood()
    thick = rng.uniform(0.018, 0.03)
    for side in (-1, 1):
        t.add(box((thick, depth, height), (side * (width - thick) / 2, depth / 2, 0)), wood)
    if rng.random() < 0.7:
        t.add(box((width - 2 * thick, 0.008, height), (0, 0.006, 0)), wood)
    count = max(2, round(height / rng.uniform(0.30, 0.40)))
    levels = np.linspace(0.05, height - thick, count + 1)
    full = rng.uniform(0.3, 0.95)
    for k, z in enumerate(levels):
        t.add(box((width - 2 * thick, depth, thick), (0, depth / 2, z)), wood)
        if k == count:
            break
        room = levels[k + 1] - z - thick
        draw = rng.random()
        if draw < full:
            _books(t, m, (-width / 2 + thick + 0.01, width / 2 - thick - 0.01),
                   (z + thick, room), depth)
        elif draw < full + 0.25 * (1 - full) + 0.2:
            inside = scatter(m, width - 0.1, depth - 0.06, 3)
            high = max((p.mesh.corners[..., 2].max() for p in inside.parts), default=0)
            if high < room:
                t.put(inside, (0, depth / 2, z + thick))
    return t


def _books(t: Thing, m: Materials, span: tuple[float, float], room: tuple[float, float],
           depth: float) -> None:
    rng, (x, end), (z, high) = m.rng, span, room
    end = x + (end - x) * rng.uniform(0.5, 1.0)
    while x < end - 0.06:
        for _ in range(int(rng.integers(1, 6))):
            wide = rng.uniform(0.015, 0.05)
            if x + wide > end:
                return
            tall = min(high - 0.02, rng.uniform(0.17, 0.29))
            deep = min(depth - 0.03, rng.uniform(0.13, 0.2))
            y = depth - 0.02 - deep / 2 - rng.uniform(0, 0.02)
            t.add(box((wide - 0.001, deep, tall), (x + wide / 2, y, z)), m.small('matt'), BOOKS)
            x += wide
        if rng.random() < 0.15:
            x += rng.uniform(0.03, 0.2)


def cabinet(m: Materials, width: float, height: float, depth: float) -> Thing:
    """Return a cabinet with doors or drawers, back at y = 0."""
    rng, t, wood = m.rng, Thing(FURNITURE), m.wood()
    front = wood if rng.random() < 0.6 else m.wood()
    foot = rng.uniform(0.0, 0.15)
    t.add(box((width, depth - 0.02, height - foot), (0, (depth - 0.02) / 2, foot)), wood)
    if foot > 0.05:
        for x in (-1, 1):
            for y in (0.05, depth - 0.07):
                t.add(cylinder(0.018, foot, (x * (width / 2 - 0.05), y, 0), top=0.024), m.metal)
    columns = max(1, round(width / rng.uniform(0.42, 0.6)))
    rows = 1 if height > 1.3 else int(rng.integers(1, 5))
    w, h = (width - 0.01) / columns, (height - foot - 0.02) / rows
    for c in range(columns):
        for r in range(rows):
            x, z = -width / 2 + 0.005 + (c + 0.5) * w, foot + 0.01 + r * h
            t.add(rounded((w - 0.008, 0.022, h - 0.008), 0.006, (x, depth - 0.01, z + 0.004)),
                  front)
            side = 0 if rows > 1 else (1 if c % 2 == 0 else -1) * (w / 2 - 0.05)
            half, y = 0.04 * (rows > 1), depth + 0.02
            t.add(rod((x + side - half, y, z + h / 2),
                      (x + side + half, y, z + h / 2 + 0.1 * (rows == 1)), 0.007), m.metal)
    return t


def kitchen(m: Materials, width: float) -> Thing:
    """Return a counter with wall cabinets above, back at y = 0."""
    rng = m.rng
    t = cabinet(m, width, 0.88, 0.58)
    t.add(box((width + 0.02, 0.63, 0.035), (0, 0.315, 0.88)), m.wood())
    t.add(rounded((0.5, 0.4, 0.02), 0.009, (rng.uniform(-0.2, 0.2) * width, 0.3, 0.9)), m.metal,
          OBJECTS)
    t.put(scatter(m, width - 0.2, 0.4, 6, small.KITCHEN), (0, 0.3, 0.915))
    if rng.random() < 0.75:
        t.put(cabinet(m, width * rng.uniform(0.6, 1.0), 0.62, 0.33), (0, 0, 1.45))
    return t


def shelf_board(m: Materials) -> Thing:
    """Return a board on the wall with things on it, its middle at the wall, z = 0 its top."""
    rng, t = m.rng, Thing(FURNITURE)
    w, d = rng.uniform(0.5, 1.3), rng.uniform(0.16, 0.26)
    t.add(box((w, d, 0.025), (0, d / 2, -0.025)), m.wood())
    if rng.random() < 0.5:
        _books(t, m, (-w / 2 + 0.02, w / 2 - 0.02), (0, 0.35), d)
        return t
    return t.put(scatter(m, w - 0.05, d - 0.02, 5), (0, d / 2, 0))
