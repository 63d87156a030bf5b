# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
A furnished room as plain data: nothing here knows which simulator will show it.

Frame: x and y along the walls from one corner of the floor, z up, metres, radians.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from depth_distill_ros.worlds.pose import rotation


@dataclass(frozen=True)
class Material:
    """
    What a surface looks like.

    Attributes
    ----------
    colour : RGB in 0..1; multiplies the texture
    texture : name in ``Room.textures``, or None
    tile : metres that one copy of the texture covers (horizontally, vertically);
        None stretches one copy over the whole face
    emission : 0..1, light of its own
    gloss : 0..1, strength of the highlight

    """

    colour: tuple[float, float, float]
    texture: str | None = None
    tile: tuple[float, float] | None = None
    emission: float = 0.0
    gloss: float = 0.0


@dataclass(frozen=True)
class Part:
    """
    One primitive of an object, in the object's frame.

    Attributes
    ----------
    shape : 'box', 'cylinder' (axis along z) or 'ellipsoid'
    size : full extents along its own x, y, z, metres
    centre : metres
    material : its surface
    rpy : roll, pitch, yaw, radians, applied in that order about fixed axes (as in SDF)

    """

    shape: str
    size: tuple[float, float, float]
    centre: tuple[float, float, float]
    material: Material
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Object:
    """
    A thing with one class: its front looks along its own +y, its base is at z = 0.

    Attributes
    ----------
    name : what it is, 'bed', 'bookcase', ...
    label : id in ``stream.classes.NYU13``
    parts : its primitives
    position : of its origin in the room, metres
    yaw : about z, radians

    """

    name: str
    label: int
    parts: tuple[Part, ...]
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw: float = 0.0

    def at(self, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> Object:
        """Return the same thing standing somewhere else."""
        return replace(self, position=(x, y, z), yaw=yaw)

    def boxes(self) -> np.ndarray:
        """Return the bounds of its parts in the room: P x 2 x 3 (low, high), metres."""
        turn = rotation((0.0, 0.0, self.yaw))
        middle = np.array([part.centre for part in self.parts]) @ turn.T + self.position
        half = 0.5 * np.array([part.size for part in self.parts]) @ np.abs(turn).T
        for k, part in enumerate(self.parts):
            if part.rpy != (0.0, 0.0, 0.0):
                half[k] = 0.5 * np.abs(turn @ rotation(part.rpy)) @ part.size
        return np.stack([middle - half, middle + half], axis=1)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (low, high) of the whole thing in the room, metres."""
        boxes = self.boxes()
        return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)


@dataclass(frozen=True)
class Light:
    """
    A lamp, the sky in a window, or the light that walls throw back.

    Attributes
    ----------
    kind : 'directional' or 'spot'
    direction : the way it shines, unit vector
    colour : RGB intensity on a white surface that faces it
    position : metres; of a directional light only its shadows are seen from there

    """

    kind: str
    direction: tuple[float, float, float]
    colour: tuple[float, float, float]
    position: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Room:
    """
    A room and all that is in it.

    Attributes
    ----------
    kind : 'bedroom', 'living room', 'dining room', 'office' or 'kitchen'
    size : (along x, along y, height), metres; the walls' faces are at 0 and at size
    objects : the shell (floor, walls, ceiling, doors, windows) and the furniture
    ambient : RGB light that comes from everywhere
    lights : the others, the main one first
    textures : name to H x W x 3 uint8 RGB, seamless where a material tiles it

    """

    kind: str
    size: tuple[float, float, float]
    objects: tuple[Object, ...]
    ambient: tuple[float, float, float]
    lights: tuple[Light, ...]
    textures: dict[str, np.ndarray] = field(repr=False)


class Parts(list):
    """Collects an object's primitives; every z is the underside of the part."""

    def box(self, size: tuple, at: tuple, material: Material,
            rpy: tuple = (0.0, 0.0, 0.0)) -> None:
        """Add a box of full extents ``size`` whose underside's middle is ``at``."""
        self._add('box', size, at, material, rpy)

    def cylinder(self, diameter: float, height: float, at: tuple, material: Material,
                 rpy: tuple = (0.0, 0.0, 0.0)) -> None:
        """Add an upright cylinder."""
        self._add('cylinder', (diameter, diameter, height), at, material, rpy)

    def ellipsoid(self, size: tuple, at: tuple, material: Material,
                  rpy: tuple = (0.0, 0.0, 0.0)) -> None:
        """Add an ellipsoid by its full diameters."""
        self._add('ellipsoid', size, at, material, rpy)

    def _add(self, shape: str, size: tuple, at: tuple, material: Material, rpy: tuple) -> None:
        x, y, z = at
        self.append(Part(shape, tuple(float(v) for v in size),
                         (float(x), float(y), float(z + 0.5 * size[2])), material,
                         tuple(float(v) for v in rpy)))

    def object(self, name: str, label: int) -> Object:
        """Return what has been collected as one thing."""
        return Object(name, label, tuple(self))


def overlap(a: np.ndarray, b: np.ndarray, slack: float) -> bool:
    """Whether any box of a (N x 2 x 3) enters any of b by more than ``slack`` metres."""
    if not len(a) or not len(b):
        return False
    low = np.maximum(a[:, None, 0], b[None, :, 0])
    high = np.minimum(a[:, None, 1], b[None, :, 1])
    return bool(((high - low) > slack).all(axis=2).any())
