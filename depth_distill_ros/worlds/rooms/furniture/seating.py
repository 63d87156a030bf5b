# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chairs, office chairs, armchairs and sofas."""

from __future__ import annotations

import math

from depth_distill_ros.stream.classes import CHAIR, SOFA
from depth_distill_ros.worlds.rooms.materials import Materials, choose
from depth_distill_ros.worlds.rooms.scene import Object, Parts, Surface


def chair(m: Materials) -> Object:
    """Return a dining chair: 'slats', 'solid', 'shell' or a 'stool'."""
    rng, parts = m.rng, Parts()
    style = choose(rng, m.look.chairs)
    scale = rng.uniform(*m.look.proportions)
    width, depth, seat = 0.43 * scale, 0.43 * scale, 0.45
    frame = m.metal if style == 'shell' else m.wood()
    if style == 'stool':
        parts.cylinder(0.36 * scale, 0.04, (0, 0, seat), frame)
        parts.legs(0.03, seat, 0.11, 0.11, frame)
        return parts.object('stool', CHAIR)
    leg = 0.022 if style == 'shell' else 0.038
    parts.legs(leg, seat, (width - leg) / 2, (depth - leg) / 2, frame)
    seat_stuff = m.front() if style == 'shell' else (m.fabric() if rng.random() < 0.5 else frame)
    parts.box((width, depth, 0.04), (0, 0, seat), seat_stuff)
    top = rng.uniform(0.80, 1.0)
    back = -depth / 2 + 0.015
    if style == 'slats':
        parts.pair((0.035, 0.03, top - seat - 0.04), (width / 2 - 0.02, back, seat + 0.04), frame)
        for k in range(3):
            z = seat + 0.13 + k * (top - seat - 0.18) / 2.6
            parts.box((width - 0.075, 0.02, 0.07), (0, back, z), frame)
    else:
        gap = 0.04 if style == 'shell' else 0.07
        parts.box((width, 0.03, top - seat - gap), (0, back, seat + gap), seat_stuff)
    return parts.object('chair', CHAIR)


def office_chair(m: Materials) -> Object:
    """Return a swivel chair on five castors."""
    parts = Parts()
    stuff = m.fabric() if m.rng.random() < 0.6 else m.dark
    for k in range(5):
        angle = 2 * math.pi * k / 5
        parts.box((0.30, 0.04, 0.05), (0.15 * math.cos(angle), 0.15 * math.sin(angle), 0.03),
                  m.dark, (0, 0, angle))
    parts.cylinder(0.06, 0.36, (0, 0, 0.07), m.metal)
    parts.box((0.48, 0.46, 0.08), (0, 0, 0.43), stuff)
    parts.box((0.06, 0.04, 0.25), (0, -0.25, 0.46), m.dark)
    parts.box((0.44, 0.06, m.rng.uniform(0.42, 0.62)), (0, -0.26, 0.60), stuff)
    if m.rng.random() < 0.6:
        for x in (-0.27, 0.27):
            parts.box((0.05, 0.26, 0.03), (x, 0, 0.66), m.dark)
            parts.box((0.03, 0.04, 0.20), (x, 0, 0.46), m.dark)
    return parts.object('office chair', CHAIR)


def sofa(m: Materials, seats: int, name: str = 'sofa') -> Object:
    """Return a sofa or armchair with that many seats: 'boxy', 'rounded' or 'slim' (on legs)."""
    rng, parts = m.rng, Parts()
    style = choose(rng, m.look.sofas)
    scale = rng.uniform(*m.look.proportions)
    arm = {'boxy': 0.20, 'rounded': 0.18, 'slim': 0.09}[style]
    place, depth = 0.66 * scale, rng.uniform(0.82, 0.95)
    width = seats * place + 2 * arm
    seat, top, foot = 0.42, rng.uniform(0.74, 0.9), 0.14 if style == 'slim' else 0.06
    stuff = m.fabric()
    cushion = m.fabric() if rng.random() < 0.3 else stuff
    back = 0.20
    parts.box((width - 2 * arm, depth - back, seat - 0.14 - foot), (0, back / 2, foot), stuff)
    parts.box((width - 2 * arm, back, top - foot), (0, -depth / 2 + back / 2, foot), stuff)
    for side in (-1, 1):
        x = side * (width - arm) / 2
        parts.box((arm, depth, 0.60 - foot), (x, 0, foot), stuff)
        if style == 'rounded':
            parts.cylinder(arm, depth, (x, 0, 0.60 - depth / 2), stuff, (math.pi / 2, 0, 0))
        for end in (-1, 1):
            parts.box((0.05, 0.05, foot), (side * (width / 2 - 0.06), end * (depth / 2 - 0.06), 0),
                      m.dark)
    for k in range(seats):
        x = (k - (seats - 1) / 2) * place
        parts.box((place - 0.015, depth - back - 0.01, 0.14), (x, back / 2 + 0.01, seat - 0.14),
                  cushion)
        parts.box((place - 0.02, 0.13, top - seat + 0.02), (x, -depth / 2 + back + 0.075, seat),
                  cushion, (-0.12, 0, 0))
    free = depth - back - 0.22
    return parts.object(name, SOFA, Surface(0.0, depth / 2 - free / 2 - 0.02, width - 2 * arm,
                                            free, seat, 0.6))
