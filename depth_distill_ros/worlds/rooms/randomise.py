# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Domain randomisation: what a look's ``wild`` part adds to a room.

Without that part every function returns what it was given and draws nothing, so the rooms of
the two built-in looks are the same with and without this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math

import numpy as np

from depth_distill_ros.worlds.rooms.furniture import small
from depth_distill_ros.worlds.rooms.lighting import tint
from depth_distill_ros.worlds.rooms.looks import Look, Wild
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.placement import Placer
from depth_distill_ros.worlds.rooms.scene import Light, Material, Object, Room
from depth_distill_ros.worlds.rooms.textures import hsv

_FAVOURED = ('floors', 'walls', 'fabrics', 'chairs', 'sofas', 'tables', 'storage')


def favourites(look: Look, rng: np.random.Generator) -> Look:
    """Return the look with other weights, so that a room has a set of things of its own."""
    if look.wild is None or look.wild.variety == 0.0:
        return look
    return replace(look, **{
        name: {key: weight * math.exp(look.wild.variety * rng.standard_normal())
               for key, weight in getattr(look, name).items()} for name in _FAVOURED})


def litter(m: Materials, room: Placer) -> None:
    """Drop toys, books and boxes where there is room on the floor."""
    if m.look.wild is None:
        return
    low, high = m.look.wild.litter
    for _ in range(int(room.rng.integers(low, high + 1))):
        pick = room.rng.random()
        thing = small.carton(m) if pick < 0.2 else \
            small.book_stack(m) if pick < 0.5 else small.trinket(m)
        room.anywhere(thing, 0.02)


def finished(room: Room, look: Look, rng: np.random.Generator) -> Room:
    """Return the room with other paint and more lamps."""
    if look.wild is None:
        return room
    scales = {name: math.exp(rng.uniform(*np.log(look.wild.texture_scale)))
              for name in room.textures}
    objects = tuple(_repainted(thing, room, look.wild, scales, rng) for thing in room.objects)
    return replace(room, objects=objects, lights=room.lights + _lamps(room, look, rng))


def _repainted(thing: Object, room: Room, wild: Wild, scales: dict[str, float],
               rng: np.random.Generator) -> Object:
    other = rng.random() < wild.repaint
    paints: dict[Material, Material] = {}
    for part in thing.parts:
        if part.material not in paints:
            paints[part.material] = _paint(part.material, room, other, scales, rng)
    return replace(thing, parts=tuple(
        replace(part, material=paints[part.material]) for part in thing.parts))


def _paint(material: Material, room: Room, other: bool, scales: dict[str, float],
           rng: np.random.Generator) -> Material:
    # A lamp and a window's sky shine: their colour is a matter of light.
    if other and not material.emission:
        colour = hsv(rng.random(), rng.uniform(0.0, 0.9), rng.uniform(0.25, 1.0))
        texture, tile = None, None
        if rng.random() < 0.5:
            texture = str(rng.choice(list(room.textures)))
            tile = (rng.uniform(0.4, 2.0),) * 2
            colour = 0.5 + 0.5 * colour
        return Material(tuple(float(c) for c in colour), texture, tile,
                        gloss=rng.uniform(0.0, 0.5))
    if material.tile is None:
        return material
    return replace(material, tile=tuple(scales[material.texture] * t for t in material.tile))


def _lamps(room: Room, look: Look, rng: np.random.Generator) -> tuple[Light, ...]:
    low, high = look.wild.lamps
    lamps = []
    for _ in range(int(rng.integers(low, high + 1))):
        x, y, z = room.size * rng.uniform((0.15, 0.15, 0.7), (0.85, 0.85, 0.95))
        aim = np.array([*rng.uniform(-0.6, 0.6, 2), -1.0])
        colour = rng.uniform(*look.lighting.ceiling) * tint(rng.uniform(
            *look.lighting.temperature))
        lamps.append(Light(
            'spot', tuple(float(v) for v in aim / np.linalg.norm(aim)),
            tuple(float(c) for c in np.clip(colour, 0.0, 1.0)), (float(x), float(y), float(z))))
    return tuple(lamps)


def vertical_fov(look: Look, key: Sequence[int], usual: float) -> float:
    """
    Return the field of view, radians, of the camera in the room of a key.

    It has random numbers of its own: the room is the same whatever is seen of it.
    """
    if look.wild is None or look.wild.vertical_fov is None:
        return usual
    return float(np.random.default_rng((*key, 3)).uniform(*look.wild.vertical_fov))
