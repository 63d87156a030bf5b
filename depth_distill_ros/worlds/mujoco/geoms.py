# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A room as the list of primitives that MuJoCo's renderer draws, without OpenGL."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import math
from typing import NamedTuple

import numpy as np

from depth_distill_ros.stream.classes import CEILING, CHAIR, FLOOR, TABLE, WALL, WINDOW
from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.rooms.scene import Material, Part, Room

_PANEL = 1.5
STICK = 0.08
_CONTACT = {CHAIR: 0.07, TABLE: 0.10}
_CONTACT_SOLID = 0.20


class Geom(NamedTuple):
    """
    One primitive in the room's frame; shape, texture, emission and gloss as in ``scene``.

    Attributes:
        half: half extents, metres
        centre: metres
        turn: rotation, 9 numbers row by row
        rgba: float32, 0..1
        label: class id
        repeat: copies of the texture over the widest face
    """

    shape: str
    half: np.ndarray
    centre: np.ndarray
    turn: np.ndarray
    rgba: np.ndarray
    label: int
    texture: str | None = None
    repeat: tuple[float, float] = (1.0, 1.0)
    emission: float = 0.0
    gloss: float = 0.0


def geoms(room: Room) -> list[Geom]:
    """
    Return the primitives of a room, and after them dark patches under the furniture.

    A slab with a tiled texture (a wall, the floor) becomes panels, because OpenGL computes light
    per vertex. A thin part gets the mean colour of its texture.
    """
    result = []
    for thing in room.objects:
        turn = rotation((0.0, 0.0, thing.yaw))
        for part in thing.parts:
            around = (turn @ rotation(part.rpy)).ravel()
            for size, centre in _panels(part):
                material, texture, colour = part.material, part.material.texture, \
                    part.material.colour
                if texture is not None and sorted(size)[1] < STICK:
                    colour, texture = np.multiply(colour, room.mean_colours[texture]), None
                result.append(Geom(
                    part.shape, 0.5 * np.array(size), turn @ np.array(centre) + thing.position,
                    around, np.array([*colour, 1.0], np.float32), thing.label, texture,
                    _repeat(size, material), material.emission, material.gloss))
    return result + list(ground(room))


def ground(room: Room) -> Iterator[Geom]:
    """Yield dark, transparent patches under the furniture, as lights cause no shadows there."""
    for thing in room.objects:
        low, high = thing.bounds()
        if thing.label in (FLOOR, WALL, CEILING, WINDOW) or low[2] > 0.01 or high[2] < 0.1:
            continue
        x, y = 0.5 * (low + high)[:2]
        half = np.array([0.5 * (high[0] - low[0]) + 0.04, 0.5 * (high[1] - low[1]) + 0.04, 0.0005])
        ink = np.array([0.0, 0.0, 0.0, _CONTACT.get(thing.label, _CONTACT_SOLID)], np.float32)
        yield Geom('box', half, np.array([x, y, 0.002]), np.eye(3).ravel(), ink, FLOOR)


def _panels(part: Part) -> list[tuple[tuple, tuple]]:
    """Return (size, centre) of the pieces that ``part`` is drawn in, whole tiles each."""
    tile = part.material.tile
    if part.shape != 'box' or max(part.size) < 2 * _PANEL or tile is None:
        return [(part.size, part.centre)]
    flat = int(np.argmin(part.size))
    tiles = iter(tile)
    spans = []
    for axis in range(3):
        low = part.centre[axis] - part.size[axis] / 2
        if axis == flat:
            spans.append([(part.size[axis], part.centre[axis])])
            continue
        step = next(tiles)
        step *= max(1, round(_PANEL / step))
        # The last panel has its full length, to keep whole tiles, and ends behind the next wall;
        # upwards it ends at the ceiling.
        spans.append(list(_spans(low, low + part.size[axis], step, clip=axis == 2)))
    return [tuple(zip(*piece, strict=True)) for piece in itertools.product(*spans)]


def _spans(low: float, high: float, step: float, clip: bool) -> Iterator[tuple[float, float]]:
    """Yield (length, centre) of steps from ``low`` until ``high`` is reached."""
    while low < high - 1e-6:
        stop = min(low + step, high) if clip else low + step
        yield stop - low, 0.5 * (low + stop)
        low = stop


def _repeat(size: tuple[float, float, float], material: Material) -> tuple[float, float]:
    return tuple(max(0.05, r) for r in repeats(size, material, int(np.argmin(size))))


def repeats(size: tuple[float, float, float], material: Material,
            axis: int) -> tuple[float, float]:
    """Return how often a texture fits the face of a box across ``axis``: along, up."""
    if material.tile is None:
        return 1.0, 1.0
    along, up = face_axes(axis)
    return size[along] / material.tile[0], size[up] / material.tile[1]


def face_axes(axis: int) -> tuple[int, int]:
    """Return the axes of a box that run along and up the face whose normal is ``axis``."""
    return ((1, 2), (0, 2), (0, 1))[axis]


def culled(middle: np.ndarray, radius: np.ndarray, axes: tuple[np.ndarray, ...],
           slopes: tuple[float, float]) -> np.ndarray:
    """
    Return the indices of the primitives in a camera's view, in order.

    Args:
        middle, radius: N x 3 and N, spheres about the primitives, relative to the camera, metres
        axes: the camera's right, up and forward directions
        slopes: tangents of half the horizontal and half the vertical field of view
    """
    right, up, forward = axes
    seen = middle @ forward > -radius
    for axis, slope in ((right, slopes[0]), (-right, slopes[0]), (up, slopes[1]),
                        (-up, slopes[1])):
        inward = (slope * forward + axis) / math.hypot(slope, 1.0)
        seen &= middle @ inward > -radius
    return np.flatnonzero(seen)
