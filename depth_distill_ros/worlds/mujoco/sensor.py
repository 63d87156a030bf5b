# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image errors of a real camera, fast enough for every frame."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.worlds.primitives import vignette
from depth_distill_ros.worlds.rooms.looks import Sensor

_BANK = 1 << 20
_MOST_GAIN = 4.0  # of automatic exposure, either way


class SensorModel:
    """
    Blur, vignette, white balance, exposure, tone curve and noise of one camera.

    sensor: the ranges of the look
    size: (height, width), pixels
    """

    def __init__(self, sensor: Sensor, size: tuple[int, int]) -> None:
        self._sensor, self._size = sensor, size
        self._grain = np.random.default_rng(0).standard_normal(_BANK, dtype=np.float32)
        self._radius = vignette(size)

    def new_room(self, rng: np.random.Generator) -> None:
        """Draw the errors of a room; the frames draw their noise from ``rng`` too."""
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

    def _automatic(self, pixels: np.ndarray) -> np.float32:
        if not self._sensor.auto_exposure:
            return np.float32(1.0)
        gain = 255.0 * self._sensor.auto_exposure / max(float(pixels.mean()), 1.0)
        return np.float32(np.clip(gain, 1.0 / _MOST_GAIN, _MOST_GAIN))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the image with the errors of this camera, H×W×3 uint8."""
        pixels = image.astype(np.float32)
        if self._blur > 0.15:
            pixels = cv2.GaussianBlur(pixels, (0, 0), self._blur)
        pixels *= self._gain * self._automatic(pixels)
        start = int(self._rng.integers(_BANK - 1))
        count = pixels.size
        if start + count <= _BANK:
            grain = self._grain[start:start + count]
        else:
            grain = np.resize(np.roll(self._grain, -start), count)
        # Shot noise grows with the root of the light; read noise is constant.
        pixels += grain.reshape(pixels.shape) * (
            self._noise * (0.45 + 0.04 * np.sqrt(np.maximum(pixels, 0.0))))
        return self._curve[np.clip(pixels, 0, 255).astype(np.uint8)]
