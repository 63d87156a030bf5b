# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The types of a look. ``look_file`` reads them; sim/randomisation.yaml explains each number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Range = tuple[float, float]
# Entries of (weight, hue range, saturation range, value range), all but the weight in 0..1.
Palette = tuple[tuple[float, Range, Range, Range], ...]
Weights = dict[str, float]
_UNDER_CEILING = 0.3  # metres that the camera keeps away from the ceiling


@dataclass(frozen=True)
class Lighting:
    """Strengths on a white surface; temperature -1 (blue) to 1 (orange); further lamps."""

    ambient: Range
    ceiling: Range
    window: Range
    bounce: Range
    temperature: Range
    window_temperature: Range
    lamps: tuple[int, int]


@dataclass(frozen=True)
class Sensor:
    """
    The errors of a real camera; intensities in 0..1, blur in pixels at 240 rows.

    auto_exposure is the mean brightness that each image is brought to before its exposure; with 0
    the exposure is that of the lights.
    """

    auto_exposure: float = 0.0
    exposure: Range = (1.0, 1.0)
    white_balance: float = 0.0
    gamma: Range = (1.0, 1.0)
    contrast: Range = (0.0, 0.0)
    vignette: Range = (0.0, 0.0)
    blur: Range = (0.0, 0.0)
    noise: Range = (0.0, 0.0)


@dataclass(frozen=True)
class Look:
    """
    How rooms are furnished, coloured, lit and seen.

    camera_height (metres) and camera_pitch (radians) are (middle, largest deviation). Counts are
    (least, most + 1) for extras and (least, most) elsewhere. sensor is None for an ideal camera,
    and vertical_fov (radians) is None where the camera keeps its own. photographs is a folder, and
    None without one; photographed is the share of surfaces that have a part of one of them.
    """

    name: str
    kinds: Weights
    side: Range
    ceiling: Range
    wall: Palette
    floor: Palette
    wood: Palette
    paint: Palette
    fabric: Palette
    small: Palette
    roof: Palette
    repaint: float
    floors: Weights
    walls: Weights
    fabrics: Weights
    texture_contrast: Range
    texture_scale: Range
    accent_wall: float
    plain_fabric: float
    photographs: Path | None
    photographed: float
    chairs: Weights
    sofas: Weights
    tables: Weights
    storage: Weights
    painted: float
    proportions: Range
    variety: float
    clutter: float
    extras: tuple[int, int]
    litter: tuple[int, int]
    pictures: tuple[int, int]
    rug: float
    curtain: float
    camera_height: Range
    camera_pitch: Range
    camera_roll: float
    lighting: Lighting
    sensor: Sensor | None
    vertical_fov: Range | None = None

    def heights(self, ceiling: float) -> Range:
        """Return camera_height as it is in a room of this height, metres."""
        middle, deviation = self.camera_height
        highest = ceiling - _UNDER_CEILING
        if middle + deviation <= highest:
            return middle, deviation
        lowest = min(middle - deviation, highest)
        return 0.5 * (lowest + highest), 0.5 * (highest - lowest)
