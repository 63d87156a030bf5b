# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Photographs of a user's folder as pictures on walls and as textures of surfaces."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError

_SUFFIXES = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')
_SHORT_SIDE = 384  # pixels that are kept of a photograph
_LEAST_PART = 0.3  # of the short side, in a texture


@lru_cache(maxsize=8)
def in_folder(folder: Path) -> tuple[Path, ...]:
    """Return the photographs in a folder and below it; DepthDistillError if there are none."""
    found = tuple(sorted(path for path in folder.rglob('*') if path.suffix.lower() in _SUFFIXES))
    if not found:
        raise DepthDistillError(f'photographs: {folder} holds no {", ".join(_SUFFIXES)} file; '
                                'name a folder of photographs')
    return found


def part(folder: Path, rng: np.random.Generator, size: int) -> np.ndarray:
    """Return a random square part of a random photograph, size x size uint8 RGB."""
    photographs = in_folder(folder)
    image = _read(photographs[int(rng.integers(len(photographs)))])
    height, width = image.shape[:2]
    side = int(min(height, width) * rng.uniform(_LEAST_PART, 1.0))
    top, left = (int(rng.integers(length - side + 1)) for length in (height, width))
    return cv2.resize(image[top:top + side, left:left + side], (size, size),
                      interpolation=cv2.INTER_AREA)


def seamless(folder: Path, rng: np.random.Generator, size: int) -> np.ndarray:
    """Return such a part with its mirror images, so that it continues at every edge."""
    piece = part(folder, rng, size // 2)
    half = np.concatenate([piece, piece[:, ::-1]], axis=1)
    return np.concatenate([half, half[::-1]], axis=0)


@lru_cache(maxsize=64)
def _read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DepthDistillError(f'photographs: {path} cannot be read; remove it from the folder')
    scale = _SHORT_SIDE / min(image.shape[:2])
    if scale < 1.0:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
