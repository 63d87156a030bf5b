# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Floor, ceiling, walls, doors, windows with curtains or blinds, and ceiling lamps."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.stream.classes import CEILING, FLOOR, WALL, WINDOW
from depth_distill_ros.worlds.path_traced import meshes
from depth_distill_ros.worlds.path_traced.floor_plan import FloorPlan, Opening
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Material, Materials


def outline(rng: np.random.Generator, large: float) -> np.ndarray:
    """Return a rectangle, an L, or a room with a slanted corner, N×2 metres."""
    x, y = rng.uniform(3.6, 5.0 + 2.0 * large), rng.uniform(3.1, 4.4 + 1.6 * large)
    if rng.random() < 0.5:
        x, y = y, x
    draw = rng.random()
    if draw < 0.45 or min(x, y) < 3.4:
        points = [(0, 0), (x, 0), (x, y), (0, y)]
    elif draw < 0.8:
        # The first corner is the inner one, from which all of the room is visible.
        a, b = rng.uniform(0.35, 0.6) * x, rng.uniform(0.35, 0.6) * y
        points = [(a, b), (a, y), (0, y), (0, 0), (x, 0), (x, b)]
    else:
        a, b = rng.uniform(0.15, 0.4) * x, rng.uniform(0.15, 0.4) * y
        points = [(0, 0), (x, 0), (x, y - b), (x - a, y), (0, y)]
    if rng.random() < 0.5:
        points = [(x - px, py) for px, py in reversed(points)]
        points = points[-1:] + points[:-1]
    return np.array(points, float)


def shell(plan: FloorPlan, m: Materials) -> Thing:
    """Return floor, ceiling, skirting and walls without the openings."""
    rng, t = m.rng, Thing(WALL)
    ring = np.column_stack([plan.outline, np.zeros(len(plan.outline))])
    turned = float(rng.choice([0.0, 0.5 * np.pi])) + rng.uniform(-1, 1) * (rng.random() < 0.15)
    floor = meshes.polygon(ring)
    c, s = np.cos(turned), np.sin(turned)
    t.add(meshes.from_corners(floor.corners, uv=floor.uv @ np.array([[c, -s], [s, c]])),
          m.floor(), FLOOR)
    t.add(meshes.polygon(np.r_[ring[:1], ring[:0:-1]] + (0, 0, plan.height)), m.ceiling(), CEILING)
    paint = m.wall()
    accent = m.wall() if rng.random() < 0.4 else paint
    chosen = int(rng.integers(len(plan.walls)))
    skirting = m.plain((0.9, 0.9, 0.88), 'gloss', 0.3) if rng.random() < 0.6 else m.wood()
    high = rng.uniform(0.05, 0.12)
    for number, wall in enumerate(plan.walls):
        holes = sorted((o for o in plan.openings if o.wall == number and not o.door),
                       key=lambda o: o.low)
        face = Thing(WALL).add(_pierced(wall.length, plan.height, holes),
                               accent if number == chosen else paint)
        face.add(meshes.box((wall.length, 0.015, high), (wall.length / 2, 0.0075, 0)), skirting)
        t.put(face, (*wall.start, 0), wall.turn)
    return t


def _pierced(length: float, height: float, holes: list[Opening]) -> meshes.Mesh:
    parts, x = [], 0.0
    for hole in holes:
        parts += [_upright(x, hole.low, 0, height), _upright(hole.low, hole.high, 0, hole.bottom),
                  _upright(hole.low, hole.high, hole.top, height)]
        x = hole.high
    return meshes.merged([*parts, _upright(x, length, 0, height)])


def _upright(x0: float, x1: float, z0: float, z1: float) -> meshes.Mesh:
    return meshes.polygon([(x1, 0.0, z0), (x0, 0.0, z0), (x0, 0.0, z1), (x1, 0.0, z1)])


def door(m: Materials, width: float, height: float) -> Thing:
    """Return a shut door in its frame, its middle at x = 0."""
    rng, t = m.rng, Thing(WALL)
    leaf = m.wood()
    frame = m.plain((0.9, 0.9, 0.88), 'gloss', 0.25) if rng.random() < 0.6 else leaf
    t.add(meshes.box((width, 0.02, height), (0, 0.01, 0)), leaf)
    panels = int(rng.integers(0, 4))
    for k in range(panels):
        h = (height - 0.3) / panels
        t.add(meshes.rounded((width - 0.28, 0.02, h - 0.12), 0.008, (0, 0.02, 0.2 + k * h)), leaf)
    for x in (-1, 1):
        t.add(meshes.box((0.07, 0.04, height + 0.06), (x * (width / 2 + 0.035), 0.02, 0)), frame)
    t.add(meshes.box((width + 0.14, 0.04, 0.07), (0, 0.02, height)), frame)
    t.add(meshes.rod((width / 2 - 0.08, 0.07, 1.03), (width / 2 - 0.2, 0.07, 1.03), 0.01), m.metal)
    t.add(meshes.rod((width / 2 - 0.08, 0.02, 1.03), (width / 2 - 0.08, 0.075, 1.03), 0.01),
          m.metal)
    return t


def window(m: Materials, width: float, bottom: float, top: float, view: Material) -> Thing:
    """Return reveal, frame, sill and the pane with the view outside; its middle at x = 0."""
    rng, t, h = m.rng, Thing(WINDOW), top - bottom
    deep = rng.uniform(0.10, 0.22)
    plaster, half = m.plain((0.88, 0.87, 0.84)), width / 2
    frame = m.plain((0.92, 0.92, 0.91), 'gloss', 0.2) if rng.random() < 0.6 else m.wood()
    reveal = [meshes.polygon([(-half, 0, z), (half, 0, z), (half, -deep, z), (-half, -deep, z)])
              for z in (bottom, top)]
    reveal += [meshes.polygon([(x, 0, bottom), (x, -deep, bottom), (x, -deep, top), (x, 0, top)])
               for x in (-half, half)]
    t.add(meshes.merged(reveal), plaster, WALL)
    t.add(meshes.poster(np.array([[-half, -deep, bottom], [half, -deep, bottom],
                                  [half, -deep, top], [-half, -deep, top]])), view)
    bar, y = rng.uniform(0.04, 0.07), -deep + 0.03
    columns = max(1, round(width / rng.uniform(0.6, 1.1)))
    rows = 2 if rng.random() < 0.3 and h > 0.9 else 1
    for k in range(columns + 1):
        x = -half + bar / 2 + k * (width - bar) / columns
        t.add(meshes.box((bar, 0.05, h), (x, y, bottom)), frame)
    for k in range(rows + 1):
        z = bottom + k * (h - bar) / rows
        t.add(meshes.box((width, 0.05, bar), (0, y, z)), frame)
    if bottom > 0.3:
        t.add(meshes.box((width + 0.1, deep + 0.12, 0.025), (0, 0.06 - deep / 2, bottom - 0.012)),
              frame, WALL)
        if rng.random() < 0.5:
            t.put(_radiator(m, min(width, 1.4), bottom - 0.25), (0, 0.02, 0.12))
    if rng.random() < 0.6:
        t.put(_curtains(m, width, bottom, top), (0, 0, 0))
    elif rng.random() < 0.4:
        t.add(_blinds(width - 0.02, top, h * rng.uniform(0.2, 0.8), -deep / 2 + 0.04),
              m.plain((0.85, 0.84, 0.8)))
    return t


def _radiator(m: Materials, width: float, height: float) -> Thing:
    white, t = m.plain((0.92, 0.92, 0.9), 'gloss', 0.2), Thing()
    for k in range(int(width / 0.07)):
        t.add(meshes.rounded((0.05, 0.09, height), 0.02, (-width / 2 + 0.035 + 0.07 * k, 0.05, 0),
                      steps=3), white)
    return t


def _curtains(m: Materials, width: float, bottom: float, top: float) -> Thing:
    rng, t, cloth = m.rng, Thing(WINDOW), m.cloth()
    low = 0.03 if rng.random() < 0.5 else max(0.03, bottom - 0.12)
    high, waves = top + 0.08, int(rng.integers(4, 9))
    for side in (-1, 1):
        wide = rng.uniform(0.22, 0.5)
        u, v = np.meshgrid(np.linspace(0, 1, 8 * waves + 1), np.linspace(0, 1, 6))
        sway = 0.04 * np.sin(2 * np.pi * waves * u + v) * (0.5 + 0.6 * v)
        x = side * (width / 2 + 0.12 - (u * wide) * (1 + 0.12 * (1 - v)))
        t.add(meshes.sheet(np.stack([x, 0.10 + sway, high - v * (high - low)], axis=2)), cloth)
    reach = width / 2 + 0.2
    return t.add(meshes.rod((-reach, 0.1, high), (reach, 0.1, high), 0.013), m.metal)


def _blinds(width: float, top: float, drop: float, y: float) -> meshes.Mesh:
    return meshes.merged([meshes.box((width, 0.03, 0.003)).tilted(0.6).moved((0, y, z))
                   for z in np.arange(top - drop, top, 0.035)])


def ceiling_lamp(m: Materials, light: Material, kind: str) -> Thing:
    """Return a lamp that hangs from z = 0: a globe, a pendant, a flat panel or a strip."""
    rng, t = m.rng, Thing()
    if kind == 'panel':
        side = rng.uniform(0.3, 0.6)
        t.add(meshes.box((side + 0.04, side + 0.04, 0.02), (0, 0, -0.02)), m.metal)
        half = side / 2
        return t.add(meshes.polygon([(x, y, -0.022) for x, y in (
            (-half, half), (half, half), (half, -half), (-half, -half))]), light)
    if kind == 'strip':
        length = rng.uniform(0.9, 1.3)
        t.add(meshes.box((length + 0.04, 0.10, 0.05), (0, 0, -0.05)),
              m.plain((0.9, 0.9, 0.9), 'gloss'))
        return t.add(meshes.rod((-length / 2, 0, -0.075), (length / 2, 0, -0.075), 0.022), light)
    drop, r = rng.uniform(0.2, 0.75), rng.uniform(0.09, 0.18)
    t.add(meshes.rod((0, 0, -drop), (0, 0, 0), 0.006), m.metal)
    t.add(meshes.cylinder(0.05, 0.03, (0, 0, -0.03)), m.metal)
    if kind == 'globe':
        return t.add(meshes.ball(r, (0, 0, -drop - r)), light)
    t.add(meshes.lathe([(1.6 * r, -drop - r), (0.9 * r, -drop - 0.3 * r), (0.15 * r, -drop)]),
          m.small('gloss'))
    return t.add(meshes.ball(0.5 * r, (0, 0, -drop - 0.75 * r)), light)
