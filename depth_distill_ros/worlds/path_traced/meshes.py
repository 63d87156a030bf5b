# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes as loose triangles with normals and texture coordinates in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Vector = Sequence[float]


@dataclass(frozen=True)
class Mesh:
    """
    M separate triangles; concatenation merges meshes.

    corners: M×3×3, metres
    normals: M×3×3, unit length, at the corners
    uv: M×3×2, metres along the surface
    """

    corners: np.ndarray
    normals: np.ndarray
    uv: np.ndarray

    def moved(self, offset: Vector, turn: float = 0.0) -> Mesh:
        """Return the mesh turned by `turn` radians about z, then moved by `offset` metres."""
        c, s = np.cos(turn), np.sin(turn)
        return self.transformed(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]), offset)

    def tilted(self, angle: float) -> Mesh:
        """Return the mesh turned by `angle` radians about x (y towards z)."""
        c, s = np.cos(angle), np.sin(angle)
        return self.transformed(np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]]), (0, 0, 0))

    def transformed(self, rotation: np.ndarray, offset: Vector) -> Mesh:
        """Return the mesh turned by a 3×3 rotation, then moved by `offset` metres."""
        return Mesh(self.corners @ rotation.T + np.asarray(offset, float),
                    self.normals @ rotation.T, self.uv)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """Return one mesh with all triangles."""
    return Mesh(*(np.concatenate([getattr(mesh, name) for mesh in meshes])
                  for name in ('corners', 'normals', 'uv')))


def from_corners(corners: np.ndarray, normals: np.ndarray | None = None,
                 uv: np.ndarray | None = None) -> Mesh:
    """Return a mesh of M×3×3 corners: flat unless normals, box-projected unless uv are given."""
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(face, axis=1, keepdims=True)
    whole = length[:, 0] > 1e-12
    corners, face = corners[whole], face[whole] / length[whole]
    normals = np.repeat(face[:, None], 3, axis=1) if normals is None else normals[whole]
    if uv is None:
        axis = np.abs(face).argmax(axis=1)
        across = np.array([[1, 2], [0, 2], [0, 1]])[axis]
        uv = np.take_along_axis(corners, across[:, None, :].repeat(3, axis=1), axis=2)
    else:
        uv = uv[whole]
    return Mesh(corners.astype(float), normals.astype(float), uv.astype(float))


def box(size: Vector, bottom: Vector = (0, 0, 0)) -> Mesh:
    """Return an upright box; `bottom` is the middle of its lowest face."""
    half = np.asarray(size, float) / 2
    grid = _grid(1)
    sides = [_face(grid, axis, side) for axis in range(3) for side in (-1, 1)]
    mesh = from_corners(np.concatenate(sides) * half)
    return mesh.moved(np.asarray(bottom, float) + (0, 0, half[2]))


def rounded(size: Vector, radius: float, bottom: Vector = (0, 0, 0), puff: float = 0.0,
            steps: int = 7) -> Mesh:
    """
    Return a box with edges of `radius`, such as a mattress or a cushion.

    puff: by how much the middle of its large faces bulges, share of the thickness
    """
    half = np.asarray(size, float) / 2
    radius = min(radius, 0.98 * half.min())
    grid = _grid(steps)
    points = np.concatenate([_face(grid, axis, side) for axis in range(3) for side in (-1, 1)])
    flat = points.reshape(-1, 3) * half
    core = np.clip(flat, radius - half, half - radius)
    out = flat - core
    normal = out / np.linalg.norm(out, axis=1, keepdims=True)
    place = core + radius * normal
    thin = int(np.argmin(half))
    across = [k for k in range(3) if k != thin]
    share = np.prod(np.clip(1 - (place[:, across] / half[across]) ** 2, 0, 1), axis=1)
    place[:, thin] *= 1 + puff * share
    mesh = from_corners(place.reshape(-1, 3, 3), normal.reshape(-1, 3, 3))
    return mesh.moved(np.asarray(bottom, float) + (0, 0, half[2]))


def cylinder(radius: float, height: float, bottom: Vector = (0, 0, 0), top: float | None = None,
             sides: int = 20) -> Mesh:
    """Return an upright round post; with `top`, the radius there."""
    return lathe([(0, 0), (radius, 0), (radius if top is None else top, height), (0, height)],
                 bottom, sides, smooth_profile=False)


def lathe(profile: Sequence[tuple[float, float]], bottom: Vector = (0, 0, 0), sides: int = 24,
          smooth_profile: bool = True) -> Mesh:
    """Return the solid of revolution of a profile of (radius, height), metres, about z."""
    r, z = np.array(profile, float).T
    dr, dz = np.diff(r), np.diff(z)
    slope = np.stack([dz, -dr], axis=1) / (np.hypot(dr, dz)[:, None] + 1e-12)
    if smooth_profile:
        inner = slope[:-1] + slope[1:]
        inner /= np.linalg.norm(inner, axis=1, keepdims=True) + 1e-12
        first, last = np.vstack([slope[:1], inner]), np.vstack([inner, slope[-1:]])
    else:
        first = last = slope
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corners, normals = [], []
    for k in range(len(r) - 1):
        low, high = (np.column_stack([r[j] * ring, np.full(sides + 1, z[j])]) for j in (k, k + 1))
        n0, n1 = (np.column_stack([n[0] * ring, np.full(sides + 1, n[1])])
                  for n in (first[k], last[k]))
        corners += [np.stack([low[:-1], low[1:], high[1:]], axis=1),
                    np.stack([low[:-1], high[1:], high[:-1]], axis=1)]
        normals += [np.stack([n0[:-1], n0[1:], n1[1:]], axis=1),
                    np.stack([n0[:-1], n1[1:], n1[:-1]], axis=1)]
    return from_corners(np.concatenate(corners), np.concatenate(normals)).moved(bottom)


def ball(radius: float, centre: Vector = (0, 0, 0)) -> Mesh:
    """Return a sphere."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 13)
    profile = [(radius * np.cos(a), radius * np.sin(a)) for a in angle]
    return lathe(profile, centre)


def rod(start: Vector, end: Vector, radius: float) -> Mesh:
    """Return a round bar between two points."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = end - start
    length = float(np.linalg.norm(along))
    z = along / length
    x = np.cross((0, 1, 0) if abs(z[1]) < 0.9 else (1, 0, 0), z)
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(z, x), z], axis=1)
    return cylinder(radius, length, sides=10).transformed(rotation, start)


def sheet(points: np.ndarray) -> Mesh:
    """Return a smooth cloth through an R×C×3 grid of points, metres."""
    across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normal = np.cross(across, down)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-12
    step = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(axis=0)
    rise = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    u, v = np.meshgrid(np.r_[0, step.cumsum()], np.r_[0, rise.cumsum()])
    return from_corners(*(_cells(a) for a in (points, normal, np.stack([u, v], axis=2))))


def polygon(points: Sequence[Vector]) -> Mesh:
    """Return a flat polygon, all of which is visible from its first corner."""
    ring = np.asarray(points, float)
    return from_corners(np.stack([np.broadcast_to(ring[0], ring[2:].shape), ring[1:-1], ring[2:]],
                                 axis=1))


def poster(corners: np.ndarray) -> Mesh:
    """Return a rectangle of 4×3 corners, metres, which one copy of a texture covers."""
    uv, order = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]]), [[2, 1, 0], [3, 2, 0]]
    return from_corners(corners[order], uv=uv[order])


def _grid(steps: int) -> np.ndarray:
    # Denser towards the round edges.
    line = np.sin(np.linspace(-np.pi / 2, np.pi / 2, steps + 1))
    return _cells(np.stack(np.meshgrid(line, line), axis=2))


def _face(grid: np.ndarray, axis: int, side: int) -> np.ndarray:
    points = np.insert(grid, axis, float(side), axis=2)
    swap = (side > 0) == (axis == 1)
    return points[:, ::-1] if swap else points


def _cells(values: np.ndarray) -> np.ndarray:
    a, b, c, d = values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]
    both = np.stack([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)], axis=2)
    return both.reshape(-1, 3, values.shape[2])
