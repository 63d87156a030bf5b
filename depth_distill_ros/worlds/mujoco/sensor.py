# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a real camera does to a clean picture: cheap enough to run on every frame."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.worlds.rooms.looks import Sensor

_BANK = 1 << 20


class SensorModel:
    """
    Blur, vignette, white balance, exposure, tone curve and noise of one camera.

    Parameters
    ----------
    sensor : the ranges of the look
    size : (height, width), pixels

    """

    def __init__(self, sensor: Sensor, size: tuple[int, int]) -> None:
        self._sensor, self._size = sensor, size
        self._grain = np.random.default_rng(0).standard_normal(_BANK, dtype=np.float32)
        rows, columns = np.mgrid[0:size[0], 0:size[1]].astype(np.float32)
        centre = 0.5 * (np.array(size, np.float32) - 1)
        radius = ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / float(centre @ centre)
        self._radius = radius[..., None]

    def new_room(self, rng: np.random.Generator) -> None:
        """Draw exposure, balance, curve, blur and noise level; keep ``rng`` for the frames."""
        self._rng, s = rng, self._sensor
        gains = rng.uniform(*s.exposure) * (1 + s.white_balance * rng.uniform(-1, 1, 3))
        shade = 1.0 - rng.uniform(*s.vignette) * self._radius
        self._gain = (shade * gains.astype(np.float32)).astype(np.float32)
        self._blur = float(rng.uniform(*s.blur)) * self._size[0] / 240.0
        self._noise = 255.0 * float(rng.uniform(*s.noise))
        x = np.arange(256, dtype=np.float32) / 255.0
        gamma, contrast = rng.uniform(*s.gamma), rng.uniform(*s.contrast)
        curve = x ** gamma
        curve = (1 - contrast) * curve + contrast * curve * curve * (3 - 2 * curve)
        self._curve = (255.0 * np.clip(0.015 + 0.97 * curve, 0, 1)).astype(np.uint8)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the picture as the camera would give it, H x W x 3 uint8."""
        picture = image.astype(np.float32)
        if self._blur > 0.15:
            picture = cv2.GaussianBlur(picture, (0, 0), self._blur)
        picture *= self._gain
        start = int(self._rng.integers(_BANK - 1))
        count = picture.size
        if start + count <= _BANK:
            grain = self._grain[start:start + count]
        else:
            grain = np.resize(np.roll(self._grain, -start), count)
        # Shot noise grows with the root of the light; a floor of read noise stays in the dark.
        picture += grain.reshape(picture.shape) * (
            self._noise * (0.45 + 0.04 * np.sqrt(np.maximum(picture, 0.0))))
        return self._curve[np.clip(picture, 0, 255).astype(np.uint8)]
