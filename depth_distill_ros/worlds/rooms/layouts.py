# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How each kind of room is furnished, with the large furniture first."""

from __future__ import annotations

from collections.abc import Callable

from depth_distill_ros.worlds.rooms import dressing, groups
from depth_distill_ros.worlds.rooms.furniture import seating, small, storage, tables
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.placement import Placer, relative
from depth_distill_ros.worlds.rooms.scene import Material
from depth_distill_ros.worlds.rooms.shell import wall_length

LEAST_SIDE = {'bedroom': 3.0, 'living room': 3.4, 'dining room': 3.2, 'office': 3.0,
              'kitchen': 3.0}


def bedroom(m: Materials, room: Placer) -> None:
    """Put in a bed with nightstands and a wardrobe; some have drawers, a desk, a second bed."""
    rng = room.rng
    width = float(rng.choice([0.9, 1.2, 1.4, 1.6, 1.8]))
    for _ in range(2 if width < 1.0 else 1):
        bed = room.against_wall(tables.bed(m, width), corner=0.5 if width < 1.3 else 0.0,
                                free_ahead=0.5, tries=30)
        if not bed:
            continue
        for x in ((0.0,) if width < 1.3 else (-width / 4, width / 4)):
            dressing.put(room, bed, tables.pillow(m, min(0.62, width * 0.48)), x, -0.02)
        if width > 1.3 and rng.random() < m.look.clutter:
            dressing.put(room, bed, tables.pillow(m, 0.42), 0.0, 0.14)
        for side in (-1, 1):
            if rng.random() < 0.75:
                stand = storage.drawers(m, rng.uniform(0.4, 0.52), rng.uniform(0.42, 0.6), 2, 0.4)
                _, high = stand.bounds()
                placed = room.try_add(relative(bed, stand, side * (width / 2 + 0.1 + high[0]),
                                               -1.0 + high[1] - 0.02))
                if placed:
                    dressing.top(m, room, placed, 0.7)
    groups.cupboard(m, room, 'wardrobe', rng.uniform(0.9, 2.0))
    if rng.random() < 0.6:
        groups.cupboard(m, room, 'drawers')
    if rng.random() < 0.4:
        groups.workplace(m, room)
    if rng.random() < 0.35:
        groups.television(m, room)
    groups.rug_somewhere(m, room)


def living_room(m: Materials, room: Placer) -> None:
    """Put in a sofa with a low table, a television, armchairs and bookcases."""
    rng = room.rng
    for seats in (3, 2):
        piece = seating.sofa(m, int(rng.integers(2, 4)) if seats == 3 else 2)
        sofa = room.against_wall(piece, free_ahead=0.9, corner=0.2, tries=30)
        if sofa:
            break
    if sofa:
        for side in (-1, 1):
            if rng.random() < m.look.clutter:
                dressing.put(room, sofa, tables.pillow(m, 0.42),
                             side * sofa.surfaces[0].width * 0.35)
        size = rng.uniform(0.75, 1.15)
        low_table = tables.table(m, size, rng.uniform(0.5, 0.65), rng.uniform(0.36, 0.46),
                                 rng.random() < 0.3)
        if rng.random() < m.look.rug:
            rug = small.rug(m, rng.uniform(1.7, 2.4), rng.uniform(1.3, 1.7))
            groups.lay(room, relative(sofa, rug, 0.0, 1.25))
        placed = room.try_add(relative(sofa, low_table, rng.uniform(-0.2, 0.2),
                                       rng.uniform(1.05, 1.25)), 0.05)
        if placed:
            dressing.scatter(m, room, placed, int(rng.integers(1, 4)))
    groups.television(m, room)
    for _ in range(int(rng.integers(0, 3))):
        chair = seating.sofa(m, 1, 'armchair')
        placed = room.against_wall(chair, free_ahead=0.4) if rng.random() < 0.5 else \
            room.anywhere(chair, 0.25)
        if placed and rng.random() < 0.5:
            dressing.put(room, placed, tables.pillow(m, 0.40))
    for _ in range(int(rng.integers(1, 3))):
        groups.cupboard(m, room)
    if rng.random() < 0.6:
        room.against_wall(small.floor_lamp(m), gap=0.06, corner=0.8)
    if min(room.size[:2]) > 4.6 and rng.random() < 0.5:
        groups.table_with_chairs(m, room, 4)


def dining_room(m: Materials, room: Placer) -> None:
    """Put in a large table with chairs, a sideboard and more cupboards."""
    rng = room.rng
    groups.table_with_chairs(m, room, int(rng.choice([4, 6, 6, 8])), middle=True)
    groups.cupboard(m, room, 'cabinet', rng.uniform(1.2, 1.9))
    for _ in range(int(rng.integers(1, 4))):
        groups.cupboard(m, room)
    if rng.random() < 0.4:
        room.against_wall(seating.sofa(m, 1, 'armchair'), free_ahead=0.4, corner=0.8)
    if rng.random() < 0.5:
        room.against_wall(small.plant(m, rng.uniform(0.9, 1.6)), gap=0.05, corner=0.9)
    if rng.random() < 0.4:
        for _ in range(2):
            room.against_wall(seating.chair(m), gap=0.04)


def office(m: Materials, room: Placer) -> None:
    """Put in desks with screens and bookcases; some have a meeting table or a sofa."""
    rng = room.rng
    for _ in range(int(rng.integers(1, 4))):
        groups.workplace(m, room, big=True)
    if room.size[0] * room.size[1] > 18 and rng.random() < 0.6:
        groups.table_with_chairs(m, room, int(rng.choice([4, 6])))
    for _ in range(int(rng.integers(1, 4))):
        groups.cupboard(m, room, 'bookcase' if rng.random() < 0.6 else None)
    if rng.random() < 0.3:
        room.against_wall(seating.sofa(m, 2), free_ahead=0.6)


def kitchen(m: Materials, room: Placer) -> None:
    """Put in lines of base units with cooker, fridge and wall cupboards, and a small table."""
    rng = room.rng
    front, top = m.front(), (m.wood() if rng.random() < 0.5 else m.plain(m.look.floor, gloss=0.3))
    order = sorted(range(4), key=lambda w: -wall_length(room.size, w) + rng.uniform(0.0, 2.0))
    for run, wall in enumerate(order[:1 if rng.random() < 0.5 else 2]):
        _kitchen_line(m, room, wall, front, top, main=run == 0)
    size = rng.uniform(0.8, 1.2)
    if rng.random() < 0.85:
        groups.table_with_chairs(m, room, int(rng.choice([2, 4])), size)
    if rng.random() < 0.5:
        groups.cupboard(m, room)


def _kitchen_line(m: Materials, room: Placer, wall: int, front: Material,
                  top: Material, main: bool) -> None:
    rng = room.rng
    end = wall_length(room.size, wall) / 2
    left = -end + 0.02 + (0.0 if main else 0.65)
    queue = ['fridge', 'base', 'stove', 'base', 'base'] if main else ['base', 'base']
    if rng.random() < 0.5:
        queue = queue[::-1]
    for name in queue:
        if name == 'base':
            piece = tables.counter(m, 0.6 * int(rng.integers(1, 4)), front, top)
        else:
            piece = storage.fridge(m) if name == 'fridge' else storage.stove(m)
        low, high = piece.bounds()
        width = high[0] - low[0]
        if left + width > end:
            break
        along = left + width / 2
        left += width + 0.005
        placed = room.try_add(room.on_wall(piece, wall, along, 0.0, 0.02), 0.0, 0.6)
        if not placed:
            continue
        if name == 'base':
            dressing.scatter(m, room, placed, 1 + int(rng.binomial(4, m.look.clutter)))
        if name != 'fridge' and rng.random() < 0.85:
            units = storage.wall_units(m, width - 0.02, front)
            room.try_add(room.on_wall(units, wall, along, 1.45, 0.005))


def extras(m: Materials, room: Placer, count: int) -> None:
    """Add plants, boxes, lamps, stools and shelves where they fit."""
    rng = room.rng
    for _ in range(count):
        pick = rng.random()
        if pick < 0.34:
            room.against_wall(small.plant(m, rng.uniform(0.5, 1.6)), gap=0.05, corner=0.7)
        elif pick < 0.55:
            room.against_wall(small.carton(m), gap=0.04)
        elif pick < 0.65:
            room.against_wall(small.floor_lamp(m), gap=0.05, corner=0.8)
        elif pick < 0.75:
            room.anywhere(seating.chair(m), 0.3)
        elif pick < 0.82:
            room.anywhere(small.carton(m), 0.35)
        elif pick < 0.92:
            board = room.against_wall(storage.shelf_board(m, rng.uniform(0.6, 1.2)),
                                      z=rng.uniform(1.3, 1.7), gap=0.003)
            if board:
                if rng.random() < 0.6:
                    width = board.surfaces[0].width
                    dressing.put(room, board, small.book_row(m, width * 0.5, 0.26, 0.17),
                                 -width * 0.2, 0.0)
                dressing.scatter(m, room, board, 2)
        else:
            groups.cupboard(m, room)


def pictures(m: Materials, room: Placer, count: int) -> None:
    """Hang prints at eye height where no tall furniture stands before them."""
    rng = room.rng
    for _ in range(count):
        width, height = (float(v) for v in rng.uniform(0.3, 0.95, 2))
        frame = small.picture(m, width, height)
        room.against_wall(frame, z=rng.uniform(1.55, 1.7) - height / 2, gap=0.002, beside=0.08,
                          corner=0.0)


LAYOUTS: dict[str, Callable[[Materials, Placer], None]] = {
    'bedroom': bedroom, 'living room': living_room, 'dining room': dining_room,
    'office': office, 'kitchen': kitchen}
