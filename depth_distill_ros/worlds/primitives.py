# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shape and texture primitives that both room generators use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def corners(x: float = 1.0, y: float = 1.0) -> Iterator[tuple[float, float]]:
    """Yield (±x, ±y), the corners of a rectangle about the origin."""
    return ((sx * x, sy * y) for sx in (-1, 1) for sy in (-1, 1))


def shaded(colour: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return an RGB colour (0..1), brightened by the share ``value`` (H×W): H×W×3, 0..1."""
    return np.asarray(colour) * (1 + value)[..., None]


def to_uint8(texture: np.ndarray) -> np.ndarray:
    """Return a texture of 0..1 as uint8."""
    return (255 * texture).clip(0, 255).astype(np.uint8)


def vignette(size: tuple[int, int]) -> np.ndarray:
    """Return the squared distance from the middle of an image, H×W×1, 1 in the corners."""
    rows, columns = np.mgrid[0:size[0], 0:size[1]].astype(np.float32)
    centre = 0.5 * (np.array(size, np.float32) - 1)
    radius = ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / float(centre @ centre)
    return radius[..., None]
