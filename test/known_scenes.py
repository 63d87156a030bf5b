# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exact depth of scenes that a formula describes, as a camera on a mount sees them."""

import numpy as np


def rays(camera, mount):
    """Return H×W×3: what each pixel's ray gains per metre of depth, in the level frame."""
    v, u = np.mgrid[:camera.height, :camera.width]
    optical = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                        np.ones(u.shape)], -1)
    return optical @ mount.to_level().T


def plane(rays_, normal, distance):
    """Return the depth of the plane normal . p = distance; NaN behind the camera."""
    with np.errstate(divide='ignore'):
        depth = distance / (rays_ @ np.asarray(normal, float))
    return np.where((depth > 0) & np.isfinite(depth), depth, np.nan)


def sphere(rays_, centre, radius):
    """Return the depth of a sphere's near side; NaN beside it."""
    a, b = (rays_ ** 2).sum(-1), rays_ @ np.asarray(centre, float)
    root = b ** 2 - a * (np.dot(centre, centre) - radius ** 2)
    return np.where(root > 0, (b - np.sqrt(np.maximum(root, 0))) / a, np.nan)


def nearest(*depths):
    """Return what hides the others, float32; NaN where there is nothing."""
    return np.fmin.reduce(depths).astype(np.float32)


def corridor(rays_, mount, half_width=1.0, ceiling=2.5, end=6.0):
    """Return a corridor along x: floor, ceiling, two walls and an end wall."""
    return nearest(
        plane(rays_, (0, 0, -1), mount.height), plane(rays_, (0, 0, 1), ceiling - mount.height),
        plane(rays_, (0, 1, 0), half_width), plane(rays_, (0, -1, 0), half_width),
        plane(rays_, (1, 0, 0), end))
