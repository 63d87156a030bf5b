# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in rooms of each kind, and where."""

from __future__ import annotations

from collections.abc import Callable
import math

from depth_distill_ros.stream.classes import FLOOR, PICTURE
from depth_distill_ros.worlds.path_traced import traced_ornaments as small
from depth_distill_ros.worlds.path_traced import traced_seating as seating
from depth_distill_ros.worlds.path_traced import traced_storage as storage
from depth_distill_ros.worlds.path_traced.floor_plan import FloorPlan
from depth_distill_ros.worlds.path_traced.meshes import box, rounded
from depth_distill_ros.worlds.path_traced.thing import Thing
from depth_distill_ros.worlds.path_traced.traced_materials import Materials

_TURNS = tuple(k * 0.5 * math.pi for k in range(4))


def _living(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    group = Thing().put(seating.sofa(m, rng.uniform(1.5, 2.6)), (0, 0, 0))
    if rng.random() < 0.8:
        height = rng.uniform(0.3, 0.45)
        low = storage.table(m, rng.uniform(0.6, 1.2), rng.uniform(0.5, 0.65), height,
                            rng.random() < 0.3)
        group.put(_set(m, low, height, 0.4, 3),
                  (rng.uniform(-0.2, 0.2), rng.uniform(1.35, 1.6), 0))
    if rng.random() < 0.6:
        group.put(_rug(m), (0, 1.4, 0))
    plan.against_wall(group)
    _television(plan, m)
    for _ in range(int(rng.integers(0, 3))):
        plan.freely(seating.sofa(m, rng.uniform(0.75, 0.95)), turns=_TURNS)
    _storage(plan, m, int(rng.integers(2, 5)))
    if rng.random() < 0.4:
        _dine(plan, m)
    plan.freely(seating.stool(m))


def _bedroom(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    group = seating.bed(m)
    wide = group.bounds(0, 3)[2]
    for side in (-1, 1):
        if rng.random() < 0.75:
            h = rng.uniform(0.4, 0.6)
            group.put(_set(m, storage.cabinet(m, 0.42, h, 0.38), h, 0.28, 1),
                      (side * (wide + 0.28), 0.02, 0))
    if rng.random() < 0.5:
        group.put(_rug(m), (0, 1.6, 0))
    plan.against_wall(group)
    plan.against_wall(storage.cabinet(m, rng.uniform(0.9, 2.0), rng.uniform(1.8, 2.15), 0.58))
    _desk(plan, m)
    _storage(plan, m, int(rng.integers(1, 4)))
    plan.freely(seating.sofa(m, 0.8), turns=_TURNS)


def _office(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    for _ in range(int(rng.integers(2, 5))):
        _desk(plan, m)
    _storage(plan, m, int(rng.integers(2, 5)))
    if rng.random() < 0.4:
        _dine(plan, m)
    board = Thing().add(rounded((rng.uniform(1.0, 1.8), 0.02, 0.9), 0.005, (0, 0, 0)),
                        m.plain((0.95, 0.95, 0.95), 'gloss', 0.1))
    plan.on_wall(board, 0.95)


def _dining(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    if rng.random() < 0.7:
        plan.against_wall(storage.kitchen(m, rng.uniform(1.6, 3.0)))
    _dine(plan, m)
    if rng.random() < 0.6:
        plan.against_wall(storage.cabinet(m, 0.62, rng.uniform(1.5, 1.95), 0.62))
    _storage(plan, m, int(rng.integers(1, 4)))
    plan.freely(seating.stool(m))


def _mixed(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    plan.against_wall(seating.sofa(m, rng.uniform(1.3, 2.2)))
    _dine(plan, m)
    if rng.random() < 0.5:
        _desk(plan, m)
    _television(plan, m)
    _storage(plan, m, int(rng.integers(1, 4)))


def _hall(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    _storage(plan, m, int(rng.integers(1, 4)))
    plan.against_wall(_set(m, storage.table(m, rng.uniform(0.8, 1.3), 0.35, 0.8), 0.8, 0.3, 4))
    for _ in range(int(rng.integers(1, 4))):
        plan.against_wall(seating.chair(m))
    plan.freely(_rug(m))


# By kind of room: its share of all rooms, and the function that furnishes it.
FURNISH: dict[str, tuple[float, Callable[[FloorPlan, Materials], None]]] = {
    'living room': (0.24, _living), 'bedroom': (0.22, _bedroom), 'office': (0.18, _office),
    'dining room': (0.14, _dining), 'studio': (0.16, _mixed), 'hall': (0.06, _hall)}


def dress(plan: FloorPlan, m: Materials) -> None:
    """Add pictures, wall shelves, plants and small things on the floor."""
    rng = m.rng
    for _ in range(int(rng.integers(1, 5))):
        plan.on_wall(_picture(m), rng.uniform(1.05, 1.45))
    for _ in range(int(rng.integers(0, 3))):
        plan.on_wall(storage.shelf_board(m), rng.uniform(1.1, 1.6))
    for _ in range(int(rng.integers(0, 3))):
        plan.against_wall(small.plant(m, rng.uniform(0.5, 1.5)))
    if rng.random() < 0.3:
        plan.freely(_rug(m))
    for _ in range(int(rng.integers(0, 6))):
        plan.freely(small.FLOOR[int(rng.integers(len(small.FLOOR)))](m), 8)


def _storage(plan: FloorPlan, m: Materials, count: int) -> None:
    rng = m.rng
    for _ in range(count):
        width = rng.uniform(0.5, 1.5)
        if rng.random() < 0.5:
            thing = storage.bookcase(m, width, rng.uniform(0.8, 2.1), rng.uniform(0.24, 0.36))
        else:
            height, depth = rng.uniform(0.5, 1.3), rng.uniform(0.34, 0.5)
            thing = _set(m, storage.cabinet(m, width, height, depth), height, depth - 0.1, 4)
        plan.against_wall(thing)


def _dine(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    round_top = rng.random() < 0.3
    width = rng.uniform(0.9, 1.2) if round_top else rng.uniform(1.0, 1.9)
    depth = width if round_top else rng.uniform(0.7, 0.95)
    height = rng.uniform(0.71, 0.76)
    group = storage.table(m, width, depth, height, round_top)
    group.put(storage.scatter(m, 0.6 * width, 0.6 * depth, 5, small.KITCHEN), (0, 0, height))
    one = seating.chair(m)
    seats = max(1, int(width / 0.62))
    for side in (-1, 1):
        for k in range(seats):
            if rng.random() < 0.88:
                x = (k + 0.5) * width / seats - width / 2
                out = side * (depth / 2 + rng.uniform(0.05, 0.3))
                turn = (0 if side < 0 else math.pi) + rng.normal(0, 0.15)
                group.put(one, (x, out, 0), turn)
    if rng.random() < 0.3:
        group.put(_rug(m), (0, 0, 0))
    plan.freely(group, 200, _TURNS)


def _desk(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    width, depth, height = rng.uniform(1.0, 1.7), rng.uniform(0.6, 0.8), rng.uniform(0.70, 0.77)
    group = Thing().put(storage.table(m, width, depth, height), (0, depth / 2, 0))
    for k in range(int(rng.integers(0, 3))):
        group.put(small.monitor(m, rng.uniform(0.45, 0.62)),
                  ((k - 0.3) * 0.6 * (width > 1.3), 0.2, height), rng.normal(0, 0.15))
    group.put(storage.scatter(m, width - 0.1, depth * 0.5, 5, small.DESK),
              (0, depth * 0.68, height))
    if rng.random() < 0.4:
        group.put(small.laptop(m), (0.25, depth * 0.6, height), math.pi + rng.normal(0, 0.2))
    seat = seating.office_chair(m) if rng.random() < 0.65 else seating.chair(m)
    group.put(seat, (rng.uniform(-0.2, 0.2), depth + rng.uniform(0.1, 0.4), 0),
              math.pi + rng.normal(0, 0.5))
    plan.against_wall(group)


def _television(plan: FloorPlan, m: Materials) -> None:
    rng = m.rng
    width, height = rng.uniform(1.0, 1.8), rng.uniform(0.35, 0.6)
    group = storage.cabinet(m, width, height, 0.4)
    if rng.random() < 0.85:
        group.put(small.monitor(m, rng.uniform(0.75, 1.2)), (0, 0.2, height))
    plan.against_wall(group)


def _set(m: Materials, thing: Thing, height: float, depth: float, count: int) -> Thing:
    """Put up to `count` small things on a piece of furniture."""
    x0, y0, x1, y1 = thing.bounds()
    return thing.put(storage.scatter(m, 0.8 * (x1 - x0), depth, count), (0, (y0 + y1) / 2, height))


def _rug(m: Materials) -> Thing:
    rng = m.rng
    size = (rng.uniform(1.2, 2.4), rng.uniform(0.9, 1.7), 0.012)
    return Thing(FLOOR).add(box(size), m.rug())


def _picture(m: Materials) -> Thing:
    rng = m.rng
    w, h = rng.uniform(0.3, 1.1), rng.uniform(0.3, 0.8)
    t = Thing(PICTURE).add(box((w, 0.025, h), (0, 0.0125, 0)),
                           m.wood() if rng.random() < 0.6 else m.small('gloss'))
    return t.add(box((w - 0.06, 0.004, h - 0.06), (0, 0.027, 0.03)), m.picture())
