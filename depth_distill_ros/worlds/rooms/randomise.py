# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Domain randomisation: changes to a room, which both built-in looks do without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math

import numpy as np

from depth_distill_ros.worlds.rooms.furniture import small
from depth_distill_ros.worlds.rooms.lighting import rgb, tint
from depth_distill_ros.worlds.rooms.looks import Look
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.placement import Placer
from depth_distill_ros.worlds.rooms.scene import Light, Material, Object, Room
from depth_distill_ros.worlds.rooms.textures import hsv

_FAVOURED = ('floors', 'walls', 'fabrics', 'chairs', 'sofas', 'tables', 'storage')


def favourites(look: Look, rng: np.random.Generator) -> Look:
    """Return the look with random weights, so that each room prefers some furniture."""
    if look.variety == 0.0:
        return look
    return replace(look, **{
        name: {key: weight * math.exp(look.variety * rng.standard_normal())
               for key, weight in getattr(look, name).items()} for name in _FAVOURED})


def litter(m: Materials, room: Placer) -> None:
    """Put small objects, books and boxes on the floor where they fit."""
    low, high = m.look.litter
    for _ in range(int(room.rng.integers(low, high + 1))):
        pick = room.rng.random()
        thing = small.carton(m) if pick < 0.2 else \
            small.book_stack(m) if pick < 0.5 else small.trinket(m)
        room.anywhere(thing, 0.02)


def finished(room: Room, look: Look, rng: np.random.Generator) -> Room:
    """Return the room with other colours and textures and with more lamps."""
    scales = {name: math.exp(rng.uniform(*np.log(look.texture_scale)))
              for name in room.textures}
    objects = tuple(_repainted(thing, room, look.repaint, scales, rng)
                    for thing in room.objects)
    return replace(room, objects=objects, lights=room.lights + _lamps(room, look, rng))


def _repainted(thing: Object, room: Room, repaint: float, scales: dict[str, float],
               rng: np.random.Generator) -> Object:
    other = rng.random() < repaint
    paints: dict[Material, Material] = {}
    for part in thing.parts:
        if part.material not in paints:
            paints[part.material] = _paint(part.material, room, other, scales, rng)
    return replace(thing, parts=tuple(
        replace(part, material=paints[part.material]) for part in thing.parts))


def _paint(material: Material, room: Room, other: bool, scales: dict[str, float],
           rng: np.random.Generator) -> Material:
    # Lamps and the sky in windows keep the colour of their light.
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
    low, high = look.lighting.lamps
    lamps = []
    for _ in range(int(rng.integers(low, high + 1))):
        x, y, z = room.size * rng.uniform((0.15, 0.15, 0.7), (0.85, 0.85, 0.95))
        aim = np.array([*rng.uniform(-0.6, 0.6, 2), -1.0])
        colour = rng.uniform(*look.lighting.ceiling) * tint(rng.uniform(
            *look.lighting.temperature))
        lamps.append(Light(
            'spot', tuple(float(v) for v in aim / np.linalg.norm(aim)),
            rgb(colour), (float(x), float(y), float(z))))
    return tuple(lamps)


def vertical_fov(look: Look, key: Sequence[int], usual: float) -> float:
    """
    Return the vertical field of view, radians, of the camera in the room of a key.

    It draws from a generator of its own, so that it does not change the room.
    """
    if look.vertical_fov is None:
        return usual
    return float(np.random.default_rng((*key, 3)).uniform(*look.vertical_fov))
