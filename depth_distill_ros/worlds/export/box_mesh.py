# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A box with texture coordinates, as the boxes of simulators do not tile textures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from depth_distill_ros.worlds.mujoco.geoms import face_axes, repeats
from depth_distill_ros.worlds.rooms.scene import Part

# Across x, y and z: the corners of a face, (along, up), anticlockwise from outside.
_CORNERS = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))


class BoxMesh(NamedTuple):
    """
    Six faces of four corners each, none shared.

    points: 24×3, metres, about the middle of the box
    normals: 6×3, outward
    st: 24×2, texture coordinates; 1 is one upright copy of the texture. They increase with the
        box's axes, as MuJoCo has it: three of the faces show the texture mirrored
    """

    points: np.ndarray
    normals: np.ndarray
    st: np.ndarray


def box(part: Part) -> BoxMesh:
    """Return a box part as a mesh with the texture coordinates of its material."""
    points, normals, st = [], [], []
    for axis in range(3):
        along, up = face_axes(axis)
        across = repeats(part.size, part.material, axis)
        for side in (-1.0, 1.0):
            # (along, up, axis) is left-handed for y only: there the order flips.
            flips = (side < 0) != (axis == 1)
            for u, v in _CORNERS:
                corner = np.zeros(3)
                corner[axis], corner[along], corner[up] = 0.5 * side, -u if flips else u, v
                points.append(corner * part.size)
                st.append((corner[[along, up]] + 0.5) * across)
            normals.append(side * np.eye(3)[axis])
    return BoxMesh(np.array(points), np.array(normals), np.array(st))


def wavefront(mesh: BoxMesh) -> str:
    """Return the mesh as a Wavefront OBJ file."""
    lines = [*(f'v {x:g} {y:g} {z:g}' for x, y, z in mesh.points.round(5)),
             *(f'vt {s:g} {t:g}' for s, t in mesh.st.round(5)),
             *(f'vn {x:g} {y:g} {z:g}' for x, y, z in mesh.normals)]
    for face in range(6):
        corners = (4 * face + k + 1 for k in range(4))
        lines.append('f ' + ' '.join(f'{c}/{c}/{face + 1}' for c in corners))
    return '\n'.join(lines) + '\n'
