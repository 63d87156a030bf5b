# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Furniture that belongs together: a table and its chairs, a desk with its screen."""

from __future__ import annotations

import math

from depth_distill_ros.worlds.rooms import dressing
from depth_distill_ros.worlds.rooms.furniture import seating, small, storage, tables
from depth_distill_ros.worlds.rooms.materials import Materials, choose
from depth_distill_ros.worlds.rooms.placement import Placer, relative
from depth_distill_ros.worlds.rooms.scene import Object


def workplace(m: Materials, room: Placer, big: bool = False) -> None:
    """Put a desk against a wall, a chair before it and a screen on it."""
    rng = room.rng
    desk = room.against_wall(tables.desk(m, rng.uniform(1.2, 1.8 if big else 1.4),
                                         rng.uniform(0.62, 0.8)), free_ahead=0.8, corner=0.5)
    if not desk:
        return
    dressing.workplace(m, room, desk)
    chair = seating.office_chair(m) if rng.random() < (0.85 if big else 0.5) else seating.chair(m)
    for back in (0.62, 0.75, 0.9):
        if room.try_add(relative(desk, chair, rng.uniform(-0.15, 0.15), back, 0.0,
                                 math.pi + rng.uniform(-0.5, 0.5))):
            break


def cupboard(m: Materials, room: Placer, kind: str | None = None,
             width: float | None = None) -> None:
    """Put a cupboard or shelves against a wall, with their contents."""
    rng = room.rng
    kind = kind or choose(rng, m.look.storage)
    scale = rng.uniform(*m.look.proportions)
    if kind == 'bookcase':
        piece = storage.bookcase(m, (width or rng.uniform(0.6, 1.1)) * scale,
                                 rng.uniform(1.0, 2.0))
    elif kind == 'cubes':
        columns = int(rng.integers(2, 5))
        piece = storage.bookcase(m, columns * 0.38, float(rng.choice([0.8, 1.15, 1.5])), columns)
    elif kind == 'wardrobe':
        piece = storage.wardrobe(m, width or rng.uniform(0.8, 1.5))
    elif kind == 'drawers':
        piece = storage.drawers(m, (width or rng.uniform(0.6, 1.0)) * scale,
                                rng.uniform(0.7, 1.15), int(rng.integers(3, 6)))
    else:
        piece = storage.cabinet(m, (width or rng.uniform(0.8, 1.6)) * scale, rng.uniform(0.7, 1.0))
    placed = room.against_wall(piece, free_ahead=0.55)
    if placed and kind in ('bookcase', 'cubes'):
        dressing.shelves(m, room, placed)
    elif placed:
        dressing.top(m, room, placed, 0.0 if kind == 'wardrobe' else 0.4)


def television(m: Materials, room: Placer) -> None:
    """Put a television on a low board."""
    rng = room.rng
    board = room.against_wall(storage.cabinet(m, rng.uniform(1.1, 1.8), rng.uniform(0.40, 0.58)),
                              free_ahead=0.8, corner=0.1)
    if board:
        dressing.put(room, board, small.television(m, rng.uniform(0.8, 1.25)), 0.0, -0.03)
        dressing.scatter(m, room, board, 2)


def rug_somewhere(m: Materials, room: Placer) -> None:
    """Lay a rug near the middle, with the probability of the look."""
    rng = room.rng
    if rng.random() < m.look.rug:
        rug = small.rug(m, rng.uniform(1.2, 2.2), rng.uniform(0.9, 1.5))
        x, y = (rng.uniform(0.35, 0.65) * side for side in room.size[:2])
        lay(room, rug.at(x, y, 0.0, float(rng.choice([0.0, math.pi / 2]))))


def lay(room: Placer, rug: Object) -> None:
    """Lay a rug if it does not reach a wall; the furniture on it sinks in by a centimetre."""
    low, high = rug.bounds()
    if (low[:2] > 0.02).all() and (high[:2] < [room.size[0] - 0.02, room.size[1] - 0.02]).all():
        room.add(rug, solid=False)


def table_with_chairs(m: Materials, room: Placer, seats: int, width: float | None = None,
                      middle: bool = False) -> None:
    """Put a table, near the middle of the room if asked for, with chairs around it."""
    rng = room.rng
    is_round = seats == 4 and rng.random() < 0.3
    if width is None:
        width = rng.uniform(1.0, 1.25) if is_round else 0.45 + 0.2 * seats
        if seats >= 6:
            width = 0.55 + 0.62 * (seats - 2) / 2
    depth = width if is_round else rng.uniform(0.75, 0.95)
    piece = tables.table(m, width, depth, rng.uniform(0.72, 0.76), is_round)
    table = None
    for _ in range(16):
        if middle:
            x, y = (side / 2 + rng.uniform(-0.15, 0.15) * side / 2 for side in room.size[:2])
        else:
            x, y = (rng.uniform(0.9, side - 0.9) for side in room.size[:2])
        table = room.try_add(piece.at(x, y, 0.0, float(rng.choice([0.0, math.pi / 2]))), 0.45)
        if table:
            break
    if not table:
        return
    model = seating.chair(m)
    heads = 2 if seats > 4 else 0
    beside = max(1, (seats - heads) // 2)
    for side in (-1, 1):
        for x in ((k + 0.5) / beside - 0.5 for k in range(beside)):
            out = depth / 2 + rng.uniform(0.02, 0.30)
            turn = rng.normal(0.0, 0.08 if rng.random() < 0.7 else 0.5)
            if is_round:
                angle = (0.5 + x) * math.pi + (0.0 if side > 0 else math.pi)
                placed = relative(table, model, out * math.cos(angle), out * math.sin(angle), 0.0,
                                  angle + math.pi / 2 + turn)
            else:
                placed = relative(table, model, x * (width - 0.1), side * out, 0.0,
                                  (math.pi if side > 0 else 0.0) + turn)
            room.try_add(placed)
    if heads:
        for side in (-1, 1):
            room.try_add(relative(table, model, side * (width / 2 + 0.2), 0.0, 0.0,
                                  side * math.pi / 2))
    dressing.dinner(m, room, table)
