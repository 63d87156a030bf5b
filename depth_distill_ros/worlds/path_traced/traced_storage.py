# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables, desks, shelves, cabinets and what stands on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from depth_distill_ros.worlds.path_traced import traced_ornaments as small
from depth_distill_ros.worlds.path_traced.meshes import box, cylinder, lathe, rod, rounded
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Materials


def table(m: Materials, width: float, depth: float, height: float, round_top: bool = False,
          name: str = 'table') -> Thing:
    """Return a table in the middle of its own coordinates."""
    rng, t, top = m.rng, Thing(), m.wood()
    legs = m.metal if rng.random() < 0.4 else top
    thick = rng.uniform(0.02, 0.05)
    if round_top:
        r = width / 2
        t.add(cylinder(r, thick, (0, 0, height - thick), sides=40), top, name)
        if rng.random() < 0.5:
            t.add(lathe([(0, 0), (0.55 * r, 0), (0.5 * r, 0.03), (0.05, 0.08),
                         (0.04, height - thick)]), legs, name)
            return t
        for k in range(4):
            a = np.pi / 4 + k * np.pi / 2
            c, s = np.cos(a), np.sin(a)
            t.add(rod((0.5 * r * c, 0.5 * r * s, height - thick), (0.7 * r * c, 0.7 * r * s, 0),
                      0.022), legs, name)
        return t
    t.add(rounded((width, depth, thick), 0.008, (0, 0, height - thick)), top, name)
    style = rng.choice(['square', 'round', 'panels', 'trestle'])
    x, y = width / 2 - 0.06, depth / 2 - 0.06
    if style == 'panels':
        for side in (-1, 1):
            t.add(box((0.03, depth - 0.04, height - thick), (side * x, 0, 0)), top, name)
        return t
    if style == 'trestle':
        for side in (-1, 1):
            for way in (-1, 1):
                t.add(rod((side * x, way * y * 0.3, height - thick), (side * x, way * y, 0),
                          0.022), legs, name)
        return t
    wide = rng.uniform(0.04, 0.08)
    for sx in (-1, 1):
        for sy in (-1, 1):
            post = (box((wide, wide, height - thick), (sx * x, sy * y, 0)) if style == 'square'
                    else cylinder(wide / 3, height - thick, (sx * x, sy * y, 0), wide / 2))
            t.add(post, legs, name)
    t.add(box((width - 0.14, depth - 0.14, 0.06), (0, 0, height - thick - 0.06)), legs, name)
    return t


def scatter(t: Thing, m: Materials, area: tuple[float, float], height: float, count: int,
            things: tuple[Callable[[Materials], Thing], ...]) -> Thing:
    """Put up to `count` small things on an area (x, y metres) around z of `height`."""
    rng, taken = m.rng, []
    for _ in range(count):
        thing = things[int(rng.integers(len(things)))](m).moved((0, 0, 0), rng.uniform(-3, 3))
        x0, y0, x1, y1 = thing.bounds(-1.0, 3.0)
        low = np.array([-area[0] / 2 - x0, -area[1] / 2 - y0])
        high = np.array([area[0] / 2 - x1, area[1] / 2 - y1])
        if (low > high).any():
            continue
        at = rng.uniform(low, high)
        place = (at[0] + x0, at[1] + y0, at[0] + x1, at[1] + y1)
        if any(place[0] < b[2] and b[0] < place[2] and place[1] < b[3] and b[1] < place[3]
               for b in taken):
            continue
        taken.append(place)
        t.put(thing, (*at, height))
    return t


def bookcase(m: Materials, width: float, height: float, depth: float) -> Thing:
    """Return open shelves with books and things, back at y = 0."""
    rng, t, wood = m.rng, Thing(), m.wood()
    thick = rng.uniform(0.018, 0.03)
    for side in (-1, 1):
        t.add(box((thick, depth, height), (side * (width - thick) / 2, depth / 2, 0)), wood,
              'furniture')
    if rng.random() < 0.7:
        t.add(box((width - 2 * thick, 0.008, height), (0, 0.006, 0)), wood, 'furniture')
    count = max(2, round(height / rng.uniform(0.30, 0.40)))
    levels = np.linspace(0.05, height - thick, count + 1)
    full = rng.uniform(0.3, 0.95)
    for k, z in enumerate(levels):
        t.add(box((width - 2 * thick, depth, thick), (0, depth / 2, z)), wood, 'furniture')
        if k == count:
            break
        room = levels[k + 1] - z - thick
        draw = rng.random()
        if draw < full:
            _books(t, m, (-width / 2 + thick + 0.01, width / 2 - thick - 0.01),
                   (z + thick, room), depth)
        elif draw < full + 0.25 * (1 - full) + 0.2:
            inside = Thing()
            scatter(inside, m, (width - 0.1, depth - 0.06), 0, 3, small.ORNAMENTS)
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
            t.add(box((wide - 0.001, deep, tall), (x + wide / 2, depth - 0.02 - deep / 2
                                                   - rng.uniform(0, 0.02), z)),
                  m.small('matt'), 'books')
            x += wide
        if rng.random() < 0.15:
            x += rng.uniform(0.03, 0.2)


def cabinet(m: Materials, width: float, height: float, depth: float) -> Thing:
    """Return a cabinet with doors or drawers, back at y = 0."""
    rng, t, wood = m.rng, Thing(), m.wood()
    front = wood if rng.random() < 0.6 else m.wood()
    foot = rng.uniform(0.0, 0.15)
    t.add(box((width, depth - 0.02, height - foot), (0, (depth - 0.02) / 2, foot)), wood,
          'furniture')
    if foot > 0.05:
        for x in (-1, 1):
            for y in (0.05, depth - 0.07):
                t.add(cylinder(0.018, foot, (x * (width / 2 - 0.05), y, 0), 0.024), m.metal,
                      'furniture')
    columns = max(1, round(width / rng.uniform(0.42, 0.6)))
    rows = 1 if height > 1.3 else int(rng.integers(1, 5))
    w, h = (width - 0.01) / columns, (height - foot - 0.02) / rows
    for c in range(columns):
        for r in range(rows):
            x, z = -width / 2 + 0.005 + (c + 0.5) * w, foot + 0.01 + r * h
            t.add(rounded((w - 0.008, 0.022, h - 0.008), 0.006, (x, depth - 0.01, z + 0.004)),
                  front, 'furniture')
            side = 0 if rows > 1 else (1 if c % 2 == 0 else -1) * (w / 2 - 0.05)
            t.add(rod((x + side - 0.04 * (rows > 1), depth + 0.02, z + h / 2),
                      (x + side + 0.04 * (rows > 1), depth + 0.02, z + h / 2 + 0.1 * (rows == 1)),
                      0.007), m.metal, 'furniture')
    return t


def kitchen(m: Materials, width: float) -> Thing:
    """Return a counter with wall cabinets above, back at y = 0."""
    rng = m.rng
    t = cabinet(m, width, 0.88, 0.58)
    t.add(box((width + 0.02, 0.63, 0.035), (0, 0.315, 0.88)), m.wood(), 'furniture')
    t.add(rounded((0.5, 0.4, 0.02), 0.009, (rng.uniform(-0.2, 0.2) * width, 0.3, 0.9)), m.metal,
          'objects')
    on = Thing()
    scatter(on, m, (width - 0.2, 0.4), 0, 6, small.KITCHEN)
    t.put(on, (0, 0.3, 0.915))
    if rng.random() < 0.75:
        t.put(cabinet(m, width * rng.uniform(0.6, 1.0), 0.62, 0.33), (0, 0, 1.45))
    return t


def shelf_board(m: Materials) -> Thing:
    """Return a board on the wall with things on it, its middle at the wall, z = 0 its top."""
    rng, t = m.rng, Thing()
    w, d = rng.uniform(0.5, 1.3), rng.uniform(0.16, 0.26)
    t.add(box((w, d, 0.025), (0, d / 2, -0.025)), m.wood(), 'furniture')
    on = Thing()
    if rng.random() < 0.5:
        _books(on, m, (-w / 2 + 0.02, w / 2 - 0.02), (0, 0.35), d)
    else:
        on.put(scatter(Thing(), m, (w - 0.05, d - 0.02), 0, 5, small.ORNAMENTS), (0, d / 2, 0))
    return t.put(on, (0, 0, 0))
