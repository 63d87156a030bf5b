# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chairs, stools, sofas and beds."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.stream.classes import BED, CHAIR, OBJECTS, SOFA
from depth_distill_ros.worlds.path_traced.meshes import box, cylinder, merged, rod, rounded
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Materials
from depth_distill_ros.worlds.primitives import corners


def chair(m: Materials) -> Thing:
    """Return a wooden, upholstered, shell or metal chair that looks along +y."""
    rng, t = m.rng, Thing(CHAIR)
    style = rng.choice(['slats', 'padded', 'shell', 'frame'])
    w, d, h = rng.uniform(0.40, 0.47), rng.uniform(0.40, 0.46), rng.uniform(0.43, 0.47)
    top = h + rng.uniform(0.35, 0.52)
    lean = rng.uniform(0.03, 0.09)
    frame = m.metal if style in ('shell', 'frame') else m.wood()
    r = 0.011 if frame is m.metal else rng.uniform(0.016, 0.022)
    splay = rng.uniform(0.0, 0.05)
    for x, y in corners():
        t.add(rod((x * (w / 2 - 0.02), y * (d / 2 - 0.02), h - 0.02),
                  (x * (w / 2 + splay), y * (d / 2 + splay), 0), r), frame)
    if style == 'shell':
        shell = m.small('gloss')
        t.add(rounded((w, d, 0.035), 0.017, (0, 0, h - 0.02), puff=-0.3), shell)
        back = rounded((w * 0.95, 0.03, top - h), 0.014).tilted(0.18)
        return t.add(back.moved((0, -d / 2 + 0.02, h + 0.03)), shell)
    if style in ('padded', 'frame'):
        cloth = m.cloth()
        t.add(rounded((w, d, 0.07), 0.03, (0, 0, h - 0.03), puff=0.25), cloth)
        back = rounded((w * 0.92, 0.05, (top - h) * 0.75), 0.022, puff=0.3).tilted(0.12)
        t.add(back.moved((0, -d / 2, h + (top - h) * 0.25)), cloth)
    else:
        t.add(rounded((w, d, 0.03), 0.012, (0, 0, h - 0.015)), frame)
        for z in np.linspace(h + 0.14, top - 0.03, int(rng.integers(2, 5))):
            y = -d / 2 - lean * (z - h) / (top - h)
            t.add(box((w - 0.03, 0.015, 0.05), (0, y, z - 0.03)), frame)
    for x in (-1, 1):
        t.add(rod((x * (w / 2 - 0.02), -d / 2 + 0.02, h - 0.02),
                  (x * (w / 2 - 0.02), -d / 2 - lean, top), r), frame)
    return t


def office_chair(m: Materials) -> Thing:
    """Return a swivel chair with a five-star foot, looking along +y."""
    rng, t = m.rng, Thing(CHAIR)
    dark, cloth = m.plain((0.10, 0.10, 0.11), 'gloss', 0.35), m.cloth()
    for k in range(5):
        a = 2 * np.pi * k / 5 + 0.3
        end = (0.28 * np.cos(a), 0.28 * np.sin(a), 0.06)
        t.add(rod((0, 0, 0.11), end, 0.018), dark)
        t.add(cylinder(0.028, 0.05, (end[0], end[1], 0)), dark)
    t.add(cylinder(0.028, 0.36, (0, 0, 0.08)), m.metal)
    t.add(rounded((0.48, 0.47, 0.09), 0.04, (0, 0, 0.42), puff=0.2), cloth)
    high = rng.uniform(0.45, 0.65)
    t.add(rounded((0.44, 0.07, high), 0.032, puff=0.35).tilted(0.12).moved((0, -0.22, 0.56)),
          cloth)
    t.add(box((0.06, 0.02, 0.25), (0, -0.24, 0.42)), dark)
    if rng.random() < 0.7:
        for x in (-0.27, 0.27):
            t.add(merged([box((0.05, 0.25, 0.03), (x, 0, 0.66)),
                          rod((x, 0, 0.46), (x, 0, 0.67), 0.012)]), dark)
    return t


def stool(m: Materials) -> Thing:
    """Return a round stool or a pouffe."""
    rng, t = m.rng, Thing(CHAIR)
    r = rng.uniform(0.16, 0.24)
    if rng.random() < 0.4:
        return t.add(rounded((2.2 * r, 2.2 * r, 0.40), 0.12, (0, 0, 0), puff=0.1), m.cloth())
    h, wood = rng.uniform(0.42, 0.68), m.wood()
    t.add(cylinder(r, 0.035, (0, 0, h)), wood)
    for k in range(4):
        a = np.pi / 4 + k * np.pi / 2
        c, s = np.cos(a), np.sin(a)
        t.add(rod((0.6 * r * c, 0.6 * r * s, h), (r * c, r * s, 0), 0.015), wood)
    return t


def sofa(m: Materials, width: float) -> Thing:
    """Return a sofa, or an armchair where it is narrow, with its back at y = 0."""
    rng, t, cloth = m.rng, Thing(SOFA if width > 1.1 else CHAIR), m.cloth()
    d, h = rng.uniform(0.80, 0.95), rng.uniform(0.38, 0.45)
    arm = rng.uniform(0.12, 0.22)
    arm_height = rng.uniform(0.5, 0.68)
    foot = rng.uniform(0.03, 0.14)
    round_ = rng.uniform(0.03, 0.08)
    t.add(rounded((width, d, h - 0.16 - foot), 0.03, (0, d / 2, foot)), cloth)
    for x in (-1, 1):
        t.add(rounded((arm, d, arm_height - foot), round_, (x * (width - arm) / 2, d / 2, foot)),
              cloth)
        for y in (0.06, d - 0.06):
            t.add(cylinder(0.02, foot, (x * (width / 2 - 0.08), y, 0), top=0.028), m.metal)
    back = rng.uniform(0.72, 0.92)
    t.add(rounded((width - 1.6 * arm, 0.2, back - foot - 0.05), 0.06, (0, 0.12, foot)), cloth)
    seats = max(1, round((width - 2 * arm) / 0.65))
    each = (width - 2 * arm) / seats
    for k in range(seats):
        x = -width / 2 + arm + (k + 0.5) * each
        t.add(rounded((each - 0.01, d - 0.22, 0.17), 0.06, (x, d / 2 + 0.1, h - 0.16), puff=0.2),
              cloth)
        cushion = rounded((each - 0.02, 0.18, back - h + 0.08), 0.07, puff=0.3).tilted(0.15)
        t.add(cushion.moved((x, 0.28, h)), cloth)
    for _ in range(int(rng.integers(0, 4))):
        side = rng.uniform(0.32, 0.45)
        pillow = rounded((side, 0.13, side), 0.05, puff=0.5).tilted(rng.uniform(0.2, 0.5))
        x = rng.uniform(-0.5, 0.5) * (width - 2 * arm - side)
        t.add(pillow.moved((x, 0.46, h + 0.02), rng.uniform(-0.3, 0.3)), m.small('matt'), OBJECTS)
    return t


def bed(m: Materials) -> Thing:
    """Return a single or double bed with its head at y = 0."""
    rng, t = m.rng, Thing(BED)
    w, d = float(rng.choice([0.95, 1.25, 1.45, 1.65])), 2.05
    h, frame = rng.uniform(0.2, 0.32), m.wood() if rng.random() < 0.6 else m.cloth()
    t.add(rounded((w + 0.06, d, 0.14), 0.02, (0, d / 2 + 0.05, h - 0.14)), frame)
    for x in (-1, 1):
        for y in (0.15, d - 0.1):
            t.add(box((0.07, 0.07, h - 0.13), (x * (w / 2 - 0.06), y, 0)), frame)
    head = rng.uniform(0.7, 1.2)
    t.add(rounded((w + 0.08, 0.07, head - 0.1), 0.03, (0, 0.035, 0.1)), frame)
    t.add(rounded((w, d - 0.05, 0.22), 0.06, (0, d / 2 + 0.06, h - 0.02)),
          m.plain((0.9, 0.9, 0.88)))
    t.add(rounded((w + 0.10, d * 0.68, 0.16), 0.07, (0, d * 0.66 + 0.06, h + 0.10), puff=0.3),
          m.cloth())
    if rng.random() < 0.4:
        t.add(rounded((w + 0.13, 0.5, 0.17), 0.07, (0, d - 0.35, h + 0.10), puff=0.3), m.cloth())
    for k in range(1 if w < 1.1 else 2):
        x = 0 if w < 1.1 else (k - 0.5) * w / 2
        for lift in range(int(rng.integers(1, 3))):
            pillow = rounded((0.62, 0.16, 0.4), 0.06, puff=0.6).tilted(rng.uniform(0.9, 1.3))
            place = (x + rng.normal(0, 0.02), 0.5 + 0.04 * lift, h + 0.22 + 0.10 * lift)
            t.add(pillow.moved(place, rng.normal(0, 0.08)),
                  m.plain((0.9, 0.9, 0.9)) if rng.random() < 0.6 else m.cloth(), OBJECTS)
    return t
