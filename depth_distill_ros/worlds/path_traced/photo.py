# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera of the path-traced rooms: exposure, colour, lens, noise and tone curve."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.worlds.primitives import vignette

# One camera for all rooms, as a robot has one.
_VIGNETTE, _BLUR = 0.25, 0.38
_READ, _SHOT = 0.003, 0.012
_TINT = np.array([1.03, 1.0, 0.95], np.float32)
_GREY = 0.27
# Share of the colour of the lamps that the white balance removes.
_BALANCE = 0.65


class Camera:
    """
    Turns linear light into the image of one camera with automatic exposure.

    size: (height, width), pixels
    """

    def __init__(self, size: tuple[int, int]) -> None:
        # Close to the cosine law of a simple lens.
        self._shade = (1 - _VIGNETTE * vignette(size)).astype(np.float32)
        # The blur of a lens has a fixed size on the sensor, not in pixels.
        self._blur = _BLUR * size[0] / 96.0

    def __call__(self, light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the image, H×W×3 uint8 sRGB, of H×W×3 linear light."""
        light = np.maximum(light, 0.0)
        mean = light.reshape(-1, 3).clip(None, np.quantile(light, 0.95)).mean(axis=0) + 1e-9
        white = (mean.mean() / mean) ** _BALANCE
        level = np.exp(np.log(light.mean(axis=2) + 1e-4 * mean.mean()).mean())
        gain = _GREY / max(float(level), 1e-9) * 2 ** rng.normal(0, 0.25)
        exposed = light * (gain * white * _TINT).astype(np.float32) * self._shade
        exposed = cv2.GaussianBlur(np.minimum(exposed, 12.0), (0, 0), self._blur)
        grain = rng.standard_normal(exposed.shape).astype(np.float32)
        # A dark room needs more gain, which amplifies the noise.
        louder = 1.0 + 0.5 * np.clip(np.log10(gain), 0, 2)
        exposed = exposed + grain * louder * (_READ + _SHOT * np.sqrt(exposed))
        return _tone(np.maximum(exposed, 0.0))


def _tone(light: np.ndarray) -> np.ndarray:
    """Roll off the highlights (Reinhard's extended curve, white at 8), then the sRGB curve."""
    rolled = (light * (1 + light / 64.0) / (1 + light)).clip(0, 1)
    curve = np.where(rolled <= 0.0031308, 12.92 * rolled,
                     1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055)
    return np.round(255 * curve).clip(0, 255).astype(np.uint8)
