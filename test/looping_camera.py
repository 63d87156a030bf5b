# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that looks at one large wall, for streams that show the same again and again."""

import cv2
import numpy as np

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

SIZE = (48, 64)
NOISE = 0.013  # of full scale, as cameras have it


class Wall:
    """
    A painted wall; a place on it is what a pose is in a room.

    The wall is smooth, as rooms are: a step of some pixels changes the image a little.
    """

    def __init__(self, seed=0):
        self._random = np.random.default_rng(seed)
        colours = self._random.integers(0, 256, (30, 80, 3), np.uint8)
        self._wall = cv2.resize(colours, (1600, 600), interpolation=cv2.INTER_CUBIC)
        self.taken = 0

    def loop(self, poses, jitter=0.0):
        """Return the places of one lap, pixels; a jitter moves each of them."""
        turn = np.linspace(0.0, 2 * np.pi, poses, endpoint=False)
        places = np.stack([750 + 600 * np.cos(turn), 270 + 220 * np.sin(turn)], axis=1)
        return places + jitter * self._random.uniform(-1.0, 1.0, places.shape)

    def image(self, place, noise=0.0):
        """Return the image at a place, H×W×3 uint8."""
        x, y = (int(v) for v in place)
        image = self._wall[y:y + SIZE[0], x:x + SIZE[1]]
        grain = 255.0 * noise * self._random.standard_normal(image.shape)
        return np.clip(image + grain, 0, 255).astype(np.uint8)

    def frame(self, place, noise=0.0):
        """Return the frame at a place; its stamps increase."""
        self.taken += 1
        return Frame(self.image(place, noise), semantics=np.zeros(SIZE, np.uint8),
                     intrinsics=Intrinsics(50.0, 50.0, 31.5, 23.5, *SIZE), stamp=self.taken)


def alike(images, others):
    """
    Return how alike the most similar image of each kind are, as a correlation of all pixels.

    Another measure than the package's: nearly 1 for the same view with noise.
    """
    def rows(some):
        flat = np.stack([cv2.GaussianBlur(i, (0, 0), 1.0) for i in some]).reshape(
            len(some), -1).astype(np.float32)
        flat -= flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return rows(images) @ rows(others).T
