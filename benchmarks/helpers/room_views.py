# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""More images of a room from few: turned, nearer, and two in one."""

from __future__ import annotations

from collections.abc import Sequence
import math

import cv2
import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.frame import Frame

_MOST_ZOOM, _MOST_TURN = 1.6, math.radians(8.0)


def turned(frame: Frame, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
    """
    Return image and depth as a camera sees them that is turned and nearer, by random factors.

    A point at depth z on the ray d (d₃ = 1) has the depth z·r·d in the turned camera, where r is
    the third row of the rotation. Then the image grows by the zoom and the depth is divided by it,
    which is exact for what faces the camera.

    Returns:
        H×W×3 uint8 RGB, and H×W float32 metres, NaN where the frame has none; None if it has no
        depth at all
    """
    camera = frame.intrinsics
    k = camera.matrix()
    angles = random.uniform(-_MOST_TURN, _MOST_TURN, 3) * (0.5, 0.5, 1.0)
    turn = cv2.Rodrigues(angles)[0]
    zoom = math.exp(random.uniform(math.log(1.1), math.log(_MOST_ZOOM)))
    homography = k @ np.diag([zoom, zoom, 1.0]) @ turn @ np.linalg.inv(k)
    height, width = frame.size
    size = (width, height)
    image = cv2.warpPerspective(frame.image, homography, size, flags=cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REFLECT)
    if frame.depth is None:
        return image, None
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    along = ((columns - camera.cx) / camera.fx * turn[2, 0]
             + (rows - camera.cy) / camera.fy * turn[2, 1] + turn[2, 2])
    moved = (frame.depth * along / zoom).astype(np.float32)
    return image, cv2.warpPerspective(moved, homography, size, flags=cv2.INTER_NEAREST,
                                      borderValue=np.nan)


def mixed(one: np.ndarray, depth: np.ndarray | None, other: np.ndarray,
          random: np.random.Generator) -> np.ndarray:
    """
    Return two H×W×3 uint8 images in one; `depth` is that of the first, H×W metres.

    They are side by side along a line, one in a rectangle, blended, or what is near in `one`
    before the other, if its depth is known.
    """
    height, width = one.shape[:2]
    kind = random.integers(3 if depth is None else 4)
    if kind == 0:
        angle, y, x = random.uniform(0, np.pi), *np.ogrid[-1:1:height * 1j, -1:1:width * 1j]
        mask = x * np.cos(angle) + y * np.sin(angle) > random.uniform(-0.5, 0.5)
    elif kind == 1:
        h, w = (random.uniform(0.25, 0.75, 2) * (height, width)).astype(int)
        top, left = random.integers(height - h), random.integers(width - w)
        mask = np.zeros((height, width), bool)
        mask[top:top + h, left:left + w] = True
    elif kind == 2:
        share = random.uniform(0.3, 0.7)
        return cv2.addWeighted(one, share, other, 1.0 - share, 0.0)
    else:
        mask = depth < np.nanquantile(depth, random.uniform(0.2, 0.7))
    return np.where(mask[..., None], one, other)


def pixels(images: Sequence[np.ndarray], size: tuple[int, int]) -> Tensor:
    """Return images of one shape at `size` (height, width): B×3×h×w RGB from 0 to 1."""
    resized = [cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA) for image in images]
    return torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).float() / 255
