# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Beds, tables, desks and kitchen counters."""

from __future__ import annotations

from depth_distill_ros.stream.classes import BED, FURNITURE, OBJECTS, TABLE
from depth_distill_ros.worlds.rooms.materials import Materials, choose
from depth_distill_ros.worlds.rooms.scene import Material, Object, Parts, Surface


def bed(m: Materials, width: float) -> Object:
    """Return a bed with its head at the back; ``width`` is 0.9 (single) to 1.8 m."""
    rng, parts = m.rng, Parts()
    length, frame, sheet, cover = rng.uniform(1.95, 2.1), m.front(), m.white, m.fabric()
    base, top = rng.uniform(0.18, 0.30), rng.uniform(0.44, 0.56)
    leg = 0.08 if rng.random() < 0.5 else 0.0
    parts.box((width + 0.06, length, base - leg), (0, 0, leg), frame)
    if leg:
        parts.legs(0.07, leg, width / 2 - 0.05, length / 2 - 0.06, frame)
    parts.box((width, length - 0.08, top - base), (0, 0.02, base), sheet)
    reach = rng.uniform(0.60, 0.72) * length
    parts.box((width + 0.05, reach, top - base - 0.02), (0, length / 2 - reach / 2 + 0.005,
              base + 0.05), cover)
    if rng.random() < 0.5:
        parts.box((width + 0.052, 0.25, top - base - 0.02), (0, length / 2 - reach + 0.12,
                  base + 0.052), sheet)
    head = rng.uniform(0.75, 1.15)
    parts.box((width + 0.08, 0.06, head), (0, -length / 2 - 0.03, 0), frame)
    if rng.random() < 0.3:
        parts.box((width + 0.06, 0.05, top + 0.08), (0, length / 2 + 0.035, 0), frame)
    return parts.object('bed', BED, Surface(0.0, -length / 2 + 0.26, width, 0.42, top, 0.5))


def pillow(m: Materials, width: float = 0.55) -> Object:
    """Return a pillow or a cushion, lying."""
    stuff = m.white if width > 0.5 and m.rng.random() < 0.6 else m.fabric()
    return Parts().ellipsoid((width, 0.36, m.rng.uniform(0.11, 0.16)), (0, 0, 0),
                             stuff).object('pillow', OBJECTS)


def table(m: Materials, width: float, depth: float, height: float,
          round_top: bool = False) -> Object:
    """Return a table with 'legs', a 'pedestal' or 'panel' ends; round tops have a pedestal."""
    rng, parts = m.rng, Parts()
    style = 'pedestal' if round_top else choose(rng, m.look.tables)
    top = m.front()
    frame = (top, m.metal, m.dark)[rng.choice(3)]
    if style != 'legs':
        frame = top
    slab = 0.03 if height > 0.6 else 0.035
    under = height - slab
    if round_top:
        parts.cylinder(width, slab, (0, 0, under), top)
        depth = width
    else:
        parts.box((width, depth, slab), (0, 0, under), top)
    if style == 'legs':
        leg = rng.uniform(0.035, 0.07)
        inset = 0.03 + leg / 2
        parts.legs(leg, under, width / 2 - inset, depth / 2 - inset, frame)
        if rng.random() < 0.6:
            for side in (-1, 1):
                parts.box((width - 2 * inset, 0.02, 0.07), (0, side * (depth / 2 - inset),
                          under - 0.07), frame)
    elif style == 'pedestal':
        parts.cylinder(0.09, under - 0.03, (0, 0, 0.03), frame)
        parts.cylinder(min(width, depth) * 0.55, 0.03, (0, 0, 0), frame)
    else:
        parts.pair((0.035, depth - 0.04, under), (width / 2 - 0.05, 0, 0), frame)
        parts.box((width - 0.13, 0.02, 0.25), (0, 0, under - 0.25), frame)
    shrink = 0.72 if round_top else 0.97
    return parts.object('table', TABLE, Surface(0, 0, width * shrink, depth * shrink, height, 0.8))


def desk(m: Materials, width: float, depth: float = 0.7) -> Object:
    """Return a desk with leg room and, in some, a chest of drawers at one side."""
    rng, parts = m.rng, Parts()
    height, top = 0.74, m.front()
    frame = top if rng.random() < 0.5 else m.metal
    parts.box((width, depth, 0.03), (0, 0, height - 0.03), top)
    ends = (-1, 1)
    if rng.random() < 0.6:
        side, chest = rng.choice([-1, 1]), m.front()
        x, ends = side * (width / 2 - 0.23), (-side,)
        parts.box((0.42, depth - 0.06, height - 0.05), (x, 0, 0.02), chest)
        for k in range(3):
            parts.box((0.12, 0.02, 0.015), (x, depth / 2 - 0.02, 0.15 + 0.2 * k), m.metal)
    for side in ends:
        for end in (-1, 1):
            parts.box((0.045, 0.045, height - 0.03),
                      (side * (width / 2 - 0.04), end * (depth / 2 - 0.05), 0), frame)
    return parts.object('desk', TABLE, Surface(0, 0, width * 0.97, depth * 0.95, height, 0.9))


def counter(m: Materials, width: float, front: Material, top: Material) -> Object:
    """Return a run of kitchen base units with doors, plinth and worktop."""
    parts = Parts()
    depth, height = 0.58, 0.90
    parts.box((width, depth - 0.06, 0.10), (0, -0.03, 0), m.dark)
    parts.box((width, depth, height - 0.14), (0, 0, 0.10), front)
    parts.box((width + 0.01, depth + 0.03, 0.04), (0, 0.005, height - 0.04), top)
    count = max(1, round(width / 0.6))
    unit = width / count
    for k in range(count):
        x = (k + 0.5) * unit - width / 2
        parts.box((0.008, 0.006, height - 0.16), (x - unit / 2, depth / 2, 0.11), m.dark)
        if m.rng.random() < 0.5:
            parts.box((unit * 0.5, 0.02, 0.018), (x, depth / 2 + 0.01, 0.74), m.metal)
        else:
            parts.box((0.018, 0.02, 0.16), (x + unit * 0.38, depth / 2 + 0.01, 0.60), m.metal)
    return parts.object('counter', FURNITURE,
                        Surface(0, 0.02, width * 0.97, depth * 0.8, height, 0.45))
