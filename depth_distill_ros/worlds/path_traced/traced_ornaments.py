# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lamps, plants, screens and small things."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.stream.classes import BOOKS, TV
from depth_distill_ros.worlds.path_traced import meshes
from depth_distill_ros.worlds.path_traced import traced_textures as textures
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Material, Materials


def cup(m: Materials) -> Thing:
    """Return a mug or a glass."""
    rng = m.rng
    r, h = rng.uniform(0.033, 0.045), rng.uniform(0.08, 0.13)
    profile = [(0, 0), (0.8 * r, 0), (r, 0.3 * h), (r, h), (0.88 * r, h), (0.85 * r, 0.1 * h),
               (0, 0.08 * h)]
    glass = rng.random() < 0.2
    material = Material('glass') if glass else m.small('gloss')
    return Thing().add(meshes.lathe(profile, sides=16), material)


def vase(m: Materials) -> Thing:
    """Return a turned vase."""
    rng = m.rng
    h = rng.uniform(0.15, 0.34)
    radii = rng.uniform(0.04, 0.10, 4) * np.array([1, 1.2, 0.7, 0.6])
    profile = [(0, 0), *zip(radii, np.array([0, 0.4, 0.8, 1.0]) * h, strict=True)]
    return Thing().add(meshes.lathe(profile), m.small('gloss'))


def bottle(m: Materials) -> Thing:
    """Return a bottle."""
    h = m.rng.uniform(0.2, 0.32)
    profile = [(0, 0), (0.036, 0), (0.036, 0.6 * h), (0.014, 0.78 * h), (0.014, h), (0, h)]
    return Thing().add(meshes.lathe(profile, sides=16), m.small('gloss'))


def bowl(m: Materials) -> Thing:
    """Return a bowl with fruit."""
    rng, t, r = m.rng, Thing(), m.rng.uniform(0.10, 0.16)
    t.add(meshes.lathe([(0, 0), (0.4 * r, 0), (0.8 * r, 0.3 * r), (r, 0.65 * r),
                        (0.95 * r, 0.65 * r), (0.7 * r, 0.3 * r), (0, 0.1 * r)]), m.small('gloss'))
    fruit = m.plain(tuple(rng.uniform((0.5, 0.2, 0.05), (0.9, 0.7, 0.15))), 'gloss', 0.3)
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-0.4, 0.4, 2) * r
        t.add(meshes.ball(0.036, (x, y, 0.3 * r + 0.036)), fruit)
    return t


def book_pile(m: Materials) -> Thing:
    """Return some books on top of each other."""
    rng, t, z = m.rng, Thing(BOOKS), 0.0
    for _ in range(int(rng.integers(1, 6))):
        thick = rng.uniform(0.015, 0.04)
        size = (rng.uniform(0.13, 0.2), rng.uniform(0.19, 0.27), thick)
        t.add(meshes.box(size).moved((0, 0, z), rng.normal(0, 0.2)), m.small('matt'))
        z += thick
    return t


def papers(m: Materials) -> Thing:
    """Return a sheet or two."""
    t = Thing()
    for k in range(int(m.rng.integers(1, 4))):
        t.add(meshes.box((0.21, 0.297, 0.003), (0.04 * k, 0.02 * k, 0.003 * k)),
              m.plain((0.92, 0.92, 0.9)))
    return t


def carton(m: Materials) -> Thing:
    """Return a closed box of cardboard or plastic."""
    rng = m.rng
    size = rng.uniform((0.2, 0.2, 0.12), (0.55, 0.42, 0.42))
    material = m.plain((0.62, 0.48, 0.33)) if rng.random() < 0.6 else m.small('gloss')
    t = Thing().add(meshes.box(size), material)
    return t.add(meshes.box((0.05, size[1] + 0.002, 0.002), (0, 0, size[2])),
                 m.plain((0.75, 0.66, 0.5), 'gloss'))


def basket(m: Materials) -> Thing:
    """Return a bin or a basket."""
    r, h = m.rng.uniform(0.13, 0.22), m.rng.uniform(0.25, 0.42)
    profile = [(0, 0), (0.8 * r, 0), (r, h), (0.94 * r, h), (0.76 * r, 0.03), (0, 0.03)]
    return Thing().add(meshes.lathe(profile), m.small())


def toy(m: Materials) -> Thing:
    """Return a ball or a heap of blocks."""
    rng, t = m.rng, Thing()
    if rng.random() < 0.4:
        r = rng.uniform(0.07, 0.16)
        return t.add(meshes.ball(r, (0, 0, r)), m.small('gloss'))
    for _ in range(int(rng.integers(2, 5))):
        s = rng.uniform(0.05, 0.11)
        t.add(meshes.box((s, s, s)).moved((*rng.uniform(-0.15, 0.15, 2), 0), rng.uniform(0, 2)),
              m.small())
    return t


def bag(m: Materials) -> Thing:
    """Return a rucksack or a bag that stands on the floor."""
    rng = m.rng
    size = rng.uniform((0.28, 0.15, 0.3), (0.42, 0.26, 0.48))
    t = Thing().add(meshes.rounded(size, 0.07, (0, 0, 0), puff=0.25), m.small('matt'))
    pocket = (size[0] * 0.7, 0.07, size[2] * 0.45)
    return t.add(meshes.rounded(pocket, 0.03, (0, size[1] / 2, 0.04)), m.small('matt'))


def plant(m: Materials, height: float) -> Thing:
    """Return a plant in a pot: long leaves or a small tree."""
    rng, t = m.rng, Thing()
    r = rng.uniform(0.10, 0.19) * (0.6 + 0.4 * height)
    pot = rng.uniform(0.18, 0.26) * height + 0.03
    t.add(meshes.lathe([(0, 0), (0.7 * r, 0), (r, pot), (0.88 * r, pot), (0.85 * r, 0.9 * pot),
                 (0, 0.9 * pot)]), m.small())
    green = m.plain(tuple(rng.uniform((0.08, 0.22, 0.05), (0.28, 0.46, 0.16))), 'gloss', 0.35)
    bush = rng.random() < 0.5
    if bush:
        t.add(meshes.rod((0, 0, 0.8 * pot), (0, 0, 0.75 * height), 0.012), m.wood())
    leaves = []
    for _ in range(int(rng.integers(18, 45))):
        long = rng.uniform(0.35, 0.6) * (height - pot) * (0.6 if bush else 1.2)
        start = rng.uniform(0.45, 0.95) * height if bush else 0.9 * pot
        leaves.append(_leaf(long, rng.uniform(0.08, 0.16) * long + 0.01,
                            rng.uniform(0.3, 1.3)).moved((0, 0, start), rng.uniform(0, 2 * np.pi)))
    return t.add(meshes.merged(leaves), green)


def _leaf(length: float, width: float, rise: float) -> meshes.Mesh:
    s = np.linspace(0, 1, 6)
    angle = rise - 1.6 * s
    y = np.r_[0, np.cumsum(np.cos(angle[1:]))] * length / 5
    z = np.r_[0, np.cumsum(np.sin(angle[1:]))] * length / 5
    half = width * np.sin(np.pi * (0.08 + 0.92 * s)) ** 0.7
    return meshes.sheet(np.stack([np.stack([k * half, y, z + 0.2 * abs(k) * half], axis=1)
                           for k in (-1.0, 0.0, 1.0)], axis=1))


def small_plant(m: Materials) -> Thing:
    """Return a plant for a table."""
    return plant(m, m.rng.uniform(0.25, 0.45))


def monitor(m: Materials, width: float) -> Thing:
    """Return a screen on a foot, looking along +y."""
    rng, t, h = m.rng, Thing(TV), 0.58 * width
    dark = m.plain((0.06, 0.06, 0.065), 'gloss', 0.2)
    lift = rng.uniform(0.06, 0.14)
    t.add(meshes.rounded((0.24, 0.16, 0.015), 0.007), dark)
    t.add(meshes.box((0.05, 0.03, lift + 0.1), (0, -0.02, 0.01)), dark)
    t.add(meshes.rounded((width, 0.035, h), 0.01, (0, 0, lift)), dark)
    face = np.array([[-1, 0, 0], [1, 0, 0], [1, 0, 1], [-1, 0, 1]]) * (width / 2 - 0.012, 1,
                                                                      h - 0.024)
    face += (0, 0.0185, lift + 0.012)
    return t.add(meshes.poster(face),
                 Material('gloss', (0.02, 0.02, 0.02), textures.screen(rng), 1.0, 0.1))


def laptop(m: Materials) -> Thing:
    """Return an open laptop for a person at +y."""
    shell = m.plain((0.55, 0.55, 0.57) if m.rng.random() < 0.5 else (0.1, 0.1, 0.1), 'gloss', 0.3)
    t = Thing().add(meshes.box((0.33, 0.23, 0.015)), shell)
    lid = meshes.box((0.33, 0.008, 0.22)).tilted(0.3).moved((0, -0.115, 0.012))
    return t.add(lid, shell)


def lamp_globe(m: Materials) -> Material:
    """Return the light of a lamp: warm to neutral white, radiance about one."""
    warm = m.rng.uniform(0, 1)
    return Material('light', tuple(np.array([1.0, 0.72, 0.42]) * (1 - warm)
                                   + np.array([0.95, 1.0, 1.0]) * warm))


def shade_lamp(m: Materials, height: float, light: Material | None) -> Thing:
    """Return a standing lamp with a cloth shade; `light` is None where it is off."""
    rng, t = m.rng, Thing()
    r = rng.uniform(0.10, 0.14) + 0.05 * height
    tall = rng.uniform(0.16, 0.24) + 0.04 * height
    t.add(meshes.cylinder(0.6 * r, 0.02), m.metal)
    t.add(meshes.rod((0, 0, 0.01), (0, 0, height - 0.5 * tall), 0.010 + 0.004 * height), m.metal)
    cone = rng.uniform(0.55, 1.0)
    return t.add(meshes.lathe([(r, height - tall), (cone * r, height)], sides=28),
                 light or m.plain((0.85, 0.8, 0.7)))


ORNAMENTS = (cup, vase, bowl, book_pile, small_plant, bottle, toy)
KITCHEN = (cup, bottle, bowl, vase, carton, cup)
DESK = (cup, papers, book_pile, papers, bottle, small_plant)
FLOOR = (carton, basket, toy, bag, book_pile)
