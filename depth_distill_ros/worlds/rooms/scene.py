# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A furnished room as plain data, independent of any simulator.

x and y run along the walls from one corner of the floor, z is up; metres and radians.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.primitives import corners


@dataclass(frozen=True)
class Material:
    """
    How a surface looks.

    colour: RGB in 0..1; multiplies the texture
    texture: name in ``Room.textures``, or None
    tile: metres that one copy of the texture covers (horizontally, vertically);
        None stretches one copy over the whole face
    emission: 0..1, light that the surface emits
    gloss: 0..1, strength of the highlight
    """

    colour: tuple[float, float, float]
    texture: str | None = None
    tile: tuple[float, float] | None = None
    emission: float = 0.0
    gloss: float = 0.0


@dataclass(frozen=True)
class Part:
    """
    One primitive of an object, in the frame of the object.

    shape: 'box', 'cylinder' (axis along z) or 'ellipsoid'
    size: full extents along its own x, y, z, metres
    centre: metres
    material: its surface
    rpy: roll, pitch, yaw, radians, applied in that order about fixed axes (as in SDF)
    """

    shape: str
    size: tuple[float, float, float]
    centre: tuple[float, float, float]
    material: Material
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Surface(NamedTuple):
    """
    A level rectangle of an object on which other objects may stand, in the object's frame.

    x, y, z: its middle, metres
    width, depth: along x and y, metres
    clear: free height above it, metres
    """

    x: float
    y: float
    width: float
    depth: float
    z: float
    clear: float


@dataclass(frozen=True)
class Object:
    """
    An object of one class. Its front faces its own +y and its base is at z = 0.

    name: 'bed', 'bookcase', ...
    label: id in ``stream.classes``
    parts: its primitives
    surfaces: where other objects may be put on it
    position: of its origin in the room, metres
    yaw: about z, radians
    """

    name: str
    label: int
    parts: tuple[Part, ...]
    surfaces: tuple[Surface, ...] = ()
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw: float = 0.0

    def at(self, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> Object:
        """Return the same object at another pose."""
        moved = replace(self, position=(x, y, z), yaw=yaw)
        # Furnishing tries hundreds of poses of an object, whose parts stay the same.
        moved.__dict__['_arrays'] = self._arrays
        return moved

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, list[tuple[int, np.ndarray, tuple]]]:
        """Middles, half sizes; number, rotation and size of the parts that are turned."""
        return (np.array([part.centre for part in self.parts]),
                0.5 * np.array([part.size for part in self.parts]),
                [(k, rotation(part.rpy), part.size) for k, part in enumerate(self.parts)
                 if part.rpy != (0.0, 0.0, 0.0)])

    def boxes(self) -> np.ndarray:
        """Return the bounds of its parts in the room: P×2×3 (low, high), metres."""
        turn, (centres, halves, turned) = rotation((0.0, 0.0, self.yaw)), self._arrays
        middle = centres @ turn.T + self.position
        half = halves @ np.abs(turn).T
        for k, own_turn, size in turned:
            half[k] = 0.5 * np.abs(turn @ own_turn) @ size
        return np.stack([middle - half, middle + half], axis=1)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (low, high) of the whole object in the room, metres."""
        boxes = self.boxes()
        return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)


@dataclass(frozen=True)
class Light:
    """
    A lamp, the sky in a window, or the light that the floor reflects.

    Attributes:
        kind: 'directional' or 'spot'
        direction: in which it shines, unit vector
        colour: RGB intensity on a white surface that faces it
        position: metres; a directional light uses it for shadows only
    """

    kind: str
    direction: tuple[float, float, float]
    colour: tuple[float, float, float]
    position: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Room:
    """
    A room with its contents.

    Attributes:
        kind: a key of ``layouts.LAYOUTS``
        size: (along x, along y, height), metres; the walls' faces are at 0 and at size
        objects: the shell (floor, walls, ceiling, doors, windows) and the furniture
        ambient: RGB light from all directions
        lights: the others, the ceiling lamp first
        textures: name to H×W×3 uint8 RGB, seamless where a material tiles it
    """

    kind: str
    size: tuple[float, float, float]
    objects: tuple[Object, ...]
    ambient: tuple[float, float, float]
    lights: tuple[Light, ...]
    textures: dict[str, np.ndarray] = field(repr=False)

    @cached_property
    def mean_colours(self) -> dict[str, np.ndarray]:
        """The mean RGB in 0..1 of each texture."""
        return {name: texture.mean(axis=(0, 1)) / 255.0 for name, texture in self.textures.items()}


class Parts(list):
    """
    Collects the primitives of an object; every z is the underside of the part.

    The methods that add primitives return the collection itself.
    """

    def box(self, size: tuple, at: tuple, material: Material,
            rpy: tuple = (0.0, 0.0, 0.0)) -> Parts:
        """Add a box of full extents ``size``; ``at`` is the middle of its underside."""
        return self._add('box', size, at, material, rpy)

    def legs(self, side: float, height: float, x: float, y: float, material: Material) -> Parts:
        """Add four square posts at (±x, ±y)."""
        for corner in corners(x, y):
            self.box((side, side, height), (*corner, 0), material)
        return self

    def pair(self, size: tuple, at: tuple, material: Material) -> Parts:
        """Add two equal boxes, one at ``at`` and before it its mirror image at -x."""
        x, *rest = at
        return self.box(size, (-x, *rest), material).box(size, at, material)

    def cylinder(self, diameter: float, height: float, at: tuple, material: Material,
                 rpy: tuple = (0.0, 0.0, 0.0)) -> Parts:
        """Add an upright cylinder."""
        return self._add('cylinder', (diameter, diameter, height), at, material, rpy)

    def ellipsoid(self, size: tuple, at: tuple, material: Material,
                  rpy: tuple = (0.0, 0.0, 0.0)) -> Parts:
        """Add an ellipsoid by its full diameters."""
        return self._add('ellipsoid', size, at, material, rpy)

    def _add(self, shape: str, size: tuple, at: tuple, material: Material, rpy: tuple) -> Parts:
        x, y, z = at
        self.append(Part(shape, tuple(float(v) for v in size),
                         (float(x), float(y), float(z + 0.5 * size[2])), material,
                         tuple(float(v) for v in rpy)))
        return self

    def object(self, name: str, label: int, *surfaces: Surface) -> Object:
        """Return the collected parts as one object."""
        return Object(name, label, tuple(self), surfaces)


def overlap(a: np.ndarray, b: np.ndarray, slack: float) -> bool:
    """Return whether any box of a (N×2×3) enters any of b by more than ``slack`` metres."""
    if not len(a) or not len(b):
        return False
    low = np.maximum(a[:, None, 0], b[None, :, 0])
    high = np.minimum(a[:, None, 1], b[None, :, 1])
    return bool(((high - low) > slack).all(axis=2).any())
