# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A furnished and lit room from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from depth_distill_ros.worlds.path_traced import traced_shell
from depth_distill_ros.worlds.path_traced.floor_plan import CELL, FloorPlan, Opening
from depth_distill_ros.worlds.path_traced.furnish import FURNISH, dress
from depth_distill_ros.worlds.path_traced.thing import Part
from depth_distill_ros.worlds.path_traced.traced_materials import Material, Materials
from depth_distill_ros.worlds.path_traced.traced_ornaments import lamp_globe, shade_lamp
from depth_distill_ros.worlds.path_traced.traced_textures import outdoors

_LEAST_FREE = 3.0
_ATTEMPTS = 8


@dataclass(frozen=True)
class Sun:
    """The direction of its light (x, y, z) and its irradiance per channel."""

    direction: tuple[float, float, float]
    irradiance: tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """
    A room, ready to be traced.

    kind: a key of ``FURNISH``
    parts: meshes in the coordinates of the room, metres, z up from the floor
    plan: of the floor
    sun: None if it does not shine into the room
    """

    kind: str
    parts: tuple[Part, ...]
    plan: FloorPlan
    sun: Sun | None


def generate(seed: int | Sequence[int]) -> Room:
    """Return the room of a seed, which is always the same."""
    rng = np.random.default_rng(seed)
    best, most = None, -1.0
    for _ in range(_ATTEMPTS):
        room = _room(rng)
        area = float((~room.plan.solid).sum()) * CELL ** 2
        if area > most:
            best, most = room, area
        if area >= _LEAST_FREE:
            break
    return best


def _room(rng: np.random.Generator) -> Room:
    kind = str(rng.choice(list(FURNISH), p=[share for share, _ in FURNISH.values()]))
    m = Materials(rng)
    plan = FloorPlan(traced_shell.outline(rng, float(rng.random())), rng.uniform(2.3, 2.95), rng)
    day = bool(rng.random() < 0.7)
    radiance = rng.uniform(1.5, 5.0) if day else rng.uniform(0.01, 0.06)
    windows = _windows(plan, m, Material('light' if day else 'matt', (radiance,) * 3,
                                         outdoors(rng) if day else None))
    _door(plan, m)
    plan.things.append(traced_shell.shell(plan, m))
    lit = not day or rng.random() < 0.45
    _ceiling_lamps(plan, m, lit)
    _, furnish = FURNISH[kind]
    furnish(plan, m)
    _standing_lamps(plan, m, lit)
    dress(plan, m)
    sun = _sun(plan, windows, rng) if day and windows and rng.random() < 0.5 else None
    return Room(kind, tuple(p for thing in plan.things for p in thing.parts), plan, sun)


def _windows(plan: FloorPlan, m: Materials, view: Material) -> list[Opening]:
    rng, made = m.rng, []
    for number in rng.permutation(len(plan.walls))[:int(rng.integers(1, 3))]:
        wall = plan.walls[number]
        if wall.length < 1.6:
            continue
        width = rng.uniform(0.8, min(2.4, wall.length - 0.7))
        bottom = float(rng.choice([0.05, 0.75, 0.95], p=[0.15, 0.45, 0.4]))
        top = rng.uniform(1.9, min(2.25, plan.height - 0.15))
        low = rng.uniform(0.3, wall.length - width - 0.3)
        opening = Opening(int(number), low, low + width, bottom, top)
        plan.open(opening)
        made.append(opening)
        plan.add(traced_shell.window(m, width, bottom, top, view), wall.point(low + width / 2),
                 wall.turn)
    return made


def _door(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    width, height = rng.uniform(0.78, 0.95), rng.uniform(1.98, 2.12)
    for _ in range(10):
        number = plan.any_wall()
        wall = plan.walls[number]
        if wall.length < width + 0.3:
            continue
        low = rng.uniform(0.12, wall.length - width - 0.12)
        if plan.hidden(number, low - 0.1, low + width + 0.1, 0.0, height):
            continue
        plan.open(Opening(number, low, low + width, 0.0, height, door=True))
        plan.things.append(traced_shell.door(m, width, height).moved(
            (*wall.point(low + width / 2), 0), wall.turn))
        return


def _ceiling_lamps(plan: FloorPlan, m: Materials, lit: bool) -> None:
    rng = m.rng
    kind = str(rng.choice(['globe', 'pendant', 'panel', 'strip'], p=[0.3, 0.25, 0.25, 0.2]))
    rows, columns = np.nonzero(plan.inside)
    longer = rows if plan.inside.shape[0] > plan.inside.shape[1] else columns
    count = 2 if kind in ('panel', 'strip') and rng.random() < 0.6 else 1
    strength = {'globe': 5.0, 'pendant': 18.0, 'panel': 5.0, 'strip': 12.0}[kind]
    light = _bright(lamp_globe(m), strength * rng.uniform(0.6, 1.4) / count, lit)
    for k in range(count):
        # The middle of the part of the room that this lamp lights.
        cut = np.quantile(longer, [k / count, (k + 1) / count])
        here = (longer >= cut[0]) & (longer <= cut[1])
        at = plan.origin + CELL * np.array([columns[here].mean(), rows[here].mean()])
        plan.add(traced_shell.ceiling_lamp(m, light, kind), at, float(rng.choice([0, np.pi / 2])),
                 plan.height)


def _standing_lamps(plan: FloorPlan, m: Materials, lit: bool) -> None:
    rng = m.rng
    for _ in range(int(rng.integers(0, 3))):
        on = lit and rng.random() < 0.7
        light = _bright(lamp_globe(m), rng.uniform(1.0, 3.0), True) if on else None
        plan.against_wall(shade_lamp(m, rng.uniform(1.2, 1.75), light))


def _bright(light: Material, factor: float, lit: bool) -> Material:
    if not lit:
        return Material('gloss', (0.92, 0.91, 0.88))
    return replace(light, colour=tuple(factor * v for v in light.colour))


def _sun(plan: FloorPlan, windows: list[Opening], rng: np.random.Generator) -> Sun:
    wall = plan.walls[windows[int(rng.integers(len(windows)))].wall]
    across = wall.turn + np.pi / 2 + rng.uniform(-0.9, 0.9)
    down = rng.uniform(0.3, 0.95)
    direction = (np.cos(across) * np.cos(down), np.sin(across) * np.cos(down), -np.sin(down))
    colour = np.array([1.0, 0.92, 0.78]) * rng.uniform(4.0, 14.0)
    return Sun(tuple(float(v) for v in direction), tuple(float(v) for v in colour))
