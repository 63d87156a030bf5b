# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lamps, plants, screens, books, crockery, boxes and pictures."""

from __future__ import annotations

from depth_distill_ros.stream.classes import BOOKS, FLOOR, OBJECTS, PICTURE, TV
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.scene import Material, Object, Parts


def book_row(m: Materials, width: float, height: float, depth: float) -> Object:
    """Return a row of books, their spines at +y, as blocks of different height."""
    rng, parts = m.rng, Parts()
    left = -width / 2
    while left < width / 2 - 0.03:
        block = min(rng.uniform(0.08, 0.30), width / 2 - left)
        tall = height * rng.uniform(0.75, 1.0)
        thick = depth * rng.uniform(0.8, 1.0)
        parts.box((block - 0.002, thick, tall), (left + block / 2, (depth - thick) / 2 * 0.5, 0),
                  m.books)
        left += block
    return parts.object('books', BOOKS)


def book_stack(m: Materials) -> Object:
    """Return a pile of one to four books."""
    parts, z = Parts(), 0.0
    for _ in range(int(m.rng.integers(1, 5))):
        thick = m.rng.uniform(0.015, 0.045)
        parts.box((m.rng.uniform(0.16, 0.22), m.rng.uniform(0.22, 0.28), thick), (0, 0, z),
                  m.small(), (0, 0, m.rng.uniform(-0.25, 0.25)))
        z += thick
    return parts.object('books', BOOKS)


def television(m: Materials, width: float) -> Object:
    """Return a flat screen on a foot."""
    height = width * 0.58
    parts = Parts().box((width * 0.4, 0.18, 0.015), (0, 0, 0), m.dark).box(
        (0.06, 0.03, 0.06), (0, 0, 0.015), m.dark).box(
        (width, 0.035, height), (0, 0, 0.06), m.dark)
    screen = Material((0.06, 0.07, 0.09), gloss=0.5)
    if m.rng.random() < 0.5:
        screen = Material((0.8, 0.8, 0.85), m.picture().texture, emission=0.4)
    parts.box((width - 0.03, 0.006, height - 0.03), (0, 0.0195, 0.075), screen)
    return parts.object('tv', TV)


def computer(m: Materials) -> tuple[Object, Object]:
    """Return a monitor, and a keyboard with a mouse."""
    parts = Parts().box((0.34, 0.16, 0.025), (0, 0.0, 0), m.dark).box(
        (0.28, 0.002, 0.006), (0, 0.08, 0.012), m.metal).box(
        (0.05, 0.09, 0.02), (0.25, 0, 0), m.dark)
    return television(m, m.rng.uniform(0.5, 0.68)), parts.object('keyboard', OBJECTS)


def laptop(m: Materials) -> Object:
    """Return an open laptop."""
    return Parts().box((0.34, 0.24, 0.018), (0, 0.06, 0), m.metal).box(
        (0.34, 0.012, 0.22), (0, -0.10, 0.0), m.dark, (0.25, 0, 0)).object('laptop', TV)


def table_lamp(m: Materials) -> Object:
    """Return a lamp with a foot and a glowing shade."""
    parts = Parts()
    stem, foot = m.rng.uniform(0.20, 0.32), m.small()
    parts.cylinder(0.14, 0.02, (0, 0, 0), foot)
    if m.rng.random() < 0.5:
        parts.cylinder(0.03, stem, (0, 0, 0.02), foot)
    else:
        parts.ellipsoid((0.14, 0.14, stem), (0, 0, 0.02), foot)
    parts.cylinder(m.rng.uniform(0.22, 0.30), 0.18, (0, 0, stem), m.glow)
    return parts.object('lamp', OBJECTS)


def floor_lamp(m: Materials) -> Object:
    """Return a standing lamp."""
    height = m.rng.uniform(1.35, 1.65)
    parts = Parts().cylinder(0.28, 0.03, (0, 0, 0), m.dark).cylinder(
        0.03, height - 0.03, (0, 0, 0.03), m.metal)
    parts.cylinder(m.rng.uniform(0.30, 0.42), 0.26, (0, 0, height - 0.13), m.glow)
    return parts.object('floor lamp', OBJECTS)


def ceiling_lamp(m: Materials, drop: float) -> Object:
    """Return a lamp that hangs down by ``drop`` metres; its origin is its lowest point."""
    parts = Parts()
    if drop < 0.15:
        parts.cylinder(m.rng.uniform(0.3, 0.5), drop, (0, 0, 0), m.glow)
    else:
        size = m.rng.uniform(0.24, 0.40)
        shade = size * 0.6
        if m.rng.random() < 0.5:
            parts.ellipsoid((size, size, shade), (0, 0, 0), m.glow)
        else:
            parts.cylinder(size, shade, (0, 0, 0), m.glow)
        parts.cylinder(0.02, drop - shade, (0, 0, shade), m.dark)
    return parts.object('ceiling lamp', OBJECTS)


def plant(m: Materials, height: float) -> Object:
    """Return a pot plant, ``height`` metres tall."""
    rng, parts = m.rng, Parts()
    pot = min(0.36, 0.10 + 0.16 * height)
    parts.cylinder(pot, pot * 0.9, (0, 0, 0), m.small())
    tall = height > 0.8
    crown = 0.45 * (height - pot) if tall else height - 0.8 * pot
    foot = height - crown
    if tall:
        parts.cylinder(0.03, foot - pot * 0.8 + 0.1, (0, 0, pot * 0.8), m.woods[0])
    for _ in range(int(rng.integers(4, 7))):
        long = crown * rng.uniform(0.5, 0.8)
        spread = min(long, pot * rng.uniform(0.8, 1.3))
        x, y = rng.uniform(-0.3, 0.3, 2) * pot
        parts.ellipsoid((spread, spread * rng.uniform(0.4, 0.8), long),
                        (x, y, foot + rng.uniform(0.0, 1.0) * (crown - long)), m.leaf,
                        (rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(0, 3)))
    return parts.object('plant', OBJECTS)


def trinket(m: Materials) -> Object:
    """Return one of: vase, bowl, mug, box, ball, bottle, framed photograph, figurine."""
    rng, parts, stuff = m.rng, Parts(), m.small()
    kind = int(rng.integers(7))
    if kind == 0:
        height = rng.uniform(0.15, 0.28)
        parts.ellipsoid((0.12, 0.12, height), (0, 0, 0), stuff)
        parts.cylinder(0.06, height * 0.3, (0, 0, height * 0.78), stuff)
    elif kind == 1:
        parts.cylinder(rng.uniform(0.16, 0.26), 0.06, (0, 0, 0), stuff)
    elif kind == 2:
        parts.cylinder(0.08, 0.10, (0, 0, 0), stuff)
    elif kind == 3:
        parts.box(rng.uniform((0.10, 0.08, 0.06), (0.28, 0.2, 0.2)), (0, 0, 0), stuff)
    elif kind == 4:
        parts.ellipsoid((rng.uniform(0.08, 0.18),) * 3, (0, 0, 0), stuff)
    elif kind == 5:
        parts.cylinder(0.07, 0.18, (0, 0, 0), stuff)
        parts.cylinder(0.03, 0.09, (0, 0, 0.18), stuff)
    else:
        parts.box((0.15, 0.02, 0.20), (0, 0, 0), m.wood())
        parts.box((0.12, 0.004, 0.17), (0, 0.012, 0.015), m.picture())
    return parts.object('trinket', OBJECTS)


def place_setting(m: Materials) -> Object:
    """Return a plate and a glass."""
    return Parts().cylinder(0.24, 0.015, (0, 0, 0), m.white).cylinder(
        0.065, 0.11, (0.16, 0.1, 0), m.small()).object('plate', OBJECTS)


def carton(m: Materials) -> Object:
    """Return a cardboard box, a bin or a fabric box for the floor."""
    rng, parts = m.rng, Parts()
    kind = int(rng.integers(3))
    if kind == 0:
        size = rng.uniform((0.3, 0.25, 0.2), (0.55, 0.45, 0.45))
        parts.box(size, (0, 0, 0), Material((0.66, 0.50, 0.33)))
        parts.box((size[0] + 0.004, 0.05, 0.004), (0, 0, size[2]), Material((0.75, 0.66, 0.5)))
    elif kind == 1:
        parts.cylinder(rng.uniform(0.25, 0.36), rng.uniform(0.28, 0.45), (0, 0, 0), m.small())
    else:
        parts.box(rng.uniform((0.3, 0.2, 0.2), (0.45, 0.35, 0.35)), (0, 0, 0), m.fabric())
    return parts.object('carton', OBJECTS)


def rug(m: Materials, width: float, depth: float) -> Object:
    """Return a rug, one centimetre thick, of the class floor."""
    return Parts().box((width, depth, 0.008), (0, 0, 0), m.plain(m.look.fabric)).box(
        (width - 0.16, depth - 0.16, 0.002), (0, 0, 0.008), m.rug()).object('rug', FLOOR)


def picture(m: Materials, width: float, height: float) -> Object:
    """Return a framed print; its back is at y = 0."""
    frame = (m.wood(), m.dark, m.white)[int(m.rng.integers(3))]
    parts = Parts().box((width, 0.025, height), (0, 0.0125, 0), frame)
    border = m.rng.uniform(0.03, 0.08)
    parts.box((width - 2 * border, 0.004, height - 2 * border), (0, 0.027, border), m.picture())
    return parts.object('picture', PICTURE)
