# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An object of a path-traced room: meshes with their materials and classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from depth_distill_ros.stream.classes import OBJECTS
from depth_distill_ros.worlds.path_traced.meshes import Mesh, Vector
from depth_distill_ros.worlds.path_traced.traced_materials import Material

# A camera of a robot passes over what is lower, and under what is higher; metres.
_RUG, _OVERHEAD = 0.04, 1.7


class Part(NamedTuple):
    """A mesh of one material and one class (an id of NYU-13)."""

    mesh: Mesh
    material: Material
    label: int


class Thing:
    """
    Parts in their own coordinates: x along a wall, y away from it, z up from the floor, metres.

    label: the class of parts that are added without one
    """

    def __init__(self, label: int = OBJECTS) -> None:
        self.parts: list[Part] = []
        self._label = label

    def add(self, mesh: Mesh, material: Material, label: int | None = None) -> Thing:
        """Add a mesh and return the thing itself."""
        self.parts.append(Part(mesh, material, self._label if label is None else label))
        return self

    def put(self, other: Thing, at: Vector, turn: float = 0.0) -> Thing:
        """Add a copy of another thing, turned about z by radians, then moved; return itself."""
        self.parts += [Part(mesh.moved(at, turn), material, label)
                       for mesh, material, label in other.parts]
        return self

    def moved(self, at: Vector, turn: float = 0.0) -> Thing:
        """Return a copy, turned about z by radians, then moved."""
        return Thing(self._label).put(self, at, turn)

    def bounds(self, low: float = _RUG, high: float = _OVERHEAD,
               ) -> tuple[float, float, float, float] | None:
        """Return (x0, y0, x1, y1) of the parts between two heights; None if there are none."""
        corners = [mesh.corners.reshape(-1, 3) for mesh, _, _ in self.parts]
        inside = [c for c in corners if c[:, 2].max() > low and c[:, 2].min() < high]
        if not inside:
            return None
        points = np.concatenate(inside)[:, :2]
        return (*points.min(axis=0), *points.max(axis=0))
