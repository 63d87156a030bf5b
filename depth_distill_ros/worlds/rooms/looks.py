# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The two built-in looks of the rooms, with all their numbers.

'stream' is the simulator's look: vivid colours, even light and an ideal camera. 'target' stands
for the target domain: muted colours, other furniture, other light and the sensor of a real camera.
A palette entry is (weight, hue range, saturation range, value range), all within 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from depth_distill_ros.errors import DepthDistillError

Range = tuple[float, float]
Palette = tuple[tuple[float, Range, Range, Range], ...]

# Every hue from grey to vivid and from dark to bright, so that no target domain is unfamiliar.
_ANY: Palette = (
    (3.0, (0.0, 1.0), (0.35, 0.95), (0.45, 1.0)),
    (3.0, (0.0, 1.0), (0.0, 0.35), (0.35, 1.0)),
    (1.0, (0.0, 1.0), (0.0, 0.7), (0.12, 0.45)),
)
_WOODS: Palette = (
    (2.0, (0.07, 0.10), (0.35, 0.55), (0.45, 0.70)),
    (1.0, (0.06, 0.09), (0.40, 0.60), (0.25, 0.42)),
    (1.0, (0.08, 0.11), (0.15, 0.32), (0.62, 0.80)),
)


@dataclass(frozen=True)
class Lighting:
    """Strengths on a white surface; temperature -1 (blue) to 1 (orange)."""

    ambient: Range
    ceiling: Range
    window: Range
    bounce: Range
    temperature: Range
    window_temperature: Range


@dataclass(frozen=True)
class Sensor:
    """The errors of a real camera; intensities in 0..1, blur in pixels at 240 rows."""

    exposure: Range
    white_balance: float
    gamma: Range
    contrast: Range
    vignette: Range
    blur: Range
    noise: Range


@dataclass(frozen=True)
class Randomisation:
    """
    Further random changes to rooms (``randomise``); only a look from a file has them.

    Attributes:
        repaint: share of objects whose surfaces get any colour or any texture of the room
        texture_scale: factor on the metres that a copy of a texture covers
        variety: 0: all rooms draw from the same furniture; 1: each room prefers some of it
        litter: objects on the floor, least and most
        lamps: lights beside the one in the middle of the ceiling, least and most
        vertical_fov: of the camera, radians; None keeps the camera's own
    """

    repaint: float = 0.0
    texture_scale: Range = (1.0, 1.0)
    variety: float = 0.0
    litter: tuple[int, int] = (0, 0)
    lamps: tuple[int, int] = (0, 0)
    vertical_fov: Range | None = None


@dataclass(frozen=True)
class Look:
    """How rooms are furnished, coloured, lit and seen."""

    name: str
    kinds: dict[str, float]
    side: Range
    ceiling: Range
    wall: Palette
    floor: Palette
    wood: Palette
    paint: Palette
    fabric: Palette
    small: Palette
    roof: Palette
    floors: dict[str, float]
    walls: dict[str, float]
    fabrics: dict[str, float]
    texture_contrast: Range
    accent_wall: float
    painted: float
    clutter: float
    extras: tuple[int, int]
    rug: float
    curtain: float
    pictures: tuple[int, int]
    proportions: Range
    chairs: dict[str, float]
    sofas: dict[str, float]
    tables: dict[str, float]
    storage: dict[str, float]
    lighting: Lighting
    sensor: Sensor | None
    camera_height: float = 0.60
    camera_height_jitter: float = 0.03
    camera_pitch: float = math.radians(-6.0)
    camera_pitch_jitter: float = math.radians(4.0)
    camera_roll_jitter: float = math.radians(2.0)
    clearance: float = 0.38
    plain_fabric: float = 0.5
    randomisation: Randomisation | None = None


STREAM = Look(
    name='stream',
    kinds={'bedroom': 1.0, 'living room': 1.0, 'dining room': 1.0, 'office': 1.0, 'kitchen': 1.0},
    side=(3.0, 7.0), ceiling=(2.4, 2.8),
    wall=_ANY, floor=_ANY + _WOODS, wood=_ANY + _WOODS, paint=_ANY, fabric=_ANY, small=_ANY,
    roof=((2.0, (0.0, 1.0), (0.0, 0.1), (0.85, 1.0)), (1.0, (0.0, 1.0), (0.1, 0.4), (0.7, 1.0))),
    floors={'planks': 1.0, 'tiles': 1.0, 'checker': 0.7, 'carpet': 0.8, 'parquet': 0.8},
    walls={'plaster': 2.0, 'wallpaper': 1.0, 'stripes': 0.8, 'brick': 0.7, 'dots': 0.5,
           'gradient': 0.5},
    fabrics={'weave': 1.0, 'plaid': 0.8, 'stripes': 0.8, 'dots': 0.8, 'noise': 0.6},
    texture_contrast=(0.05, 0.45), accent_wall=0.4, painted=0.5, clutter=0.8, extras=(3, 8),
    rug=0.6, curtain=0.5, pictures=(1, 5), proportions=(0.88, 1.12),
    chairs={'slats': 1.0, 'solid': 1.0, 'stool': 0.6, 'shell': 1.0},
    sofas={'boxy': 1.0, 'rounded': 1.0, 'slim': 0.6},
    tables={'legs': 1.0, 'pedestal': 1.0, 'panel': 0.7},
    storage={'bookcase': 1.2, 'cabinet': 1.0, 'wardrobe': 0.7, 'drawers': 1.0, 'cubes': 0.8},
    lighting=Lighting(ambient=(0.38, 0.68), ceiling=(0.15, 0.50), window=(0.10, 0.45),
                      bounce=(0.08, 0.25), temperature=(-0.3, 0.3),
                      window_temperature=(-0.3, 0.3)),
    sensor=None, camera_height_jitter=0.06, plain_fabric=0.3)

TARGET = Look(
    name='target',
    kinds={'bedroom': 0.8, 'living room': 1.2, 'dining room': 0.9, 'office': 1.3, 'kitchen': 0.8},
    side=(3.0, 7.0), ceiling=(2.4, 2.7),
    wall=((4.0, (0.08, 0.15), (0.02, 0.14), (0.70, 0.92)), (2.0, (0.5, 0.65), (0.0, 0.08),
          (0.60, 0.88)), (1.0, (0.22, 0.45), (0.05, 0.16), (0.55, 0.75)),
          (0.6, (0.02, 0.08), (0.15, 0.30), (0.60, 0.80))),
    floor=_WOODS + ((1.0, (0.06, 0.14), (0.02, 0.15), (0.35, 0.70)),
                    (0.8, (0.55, 0.65), (0.02, 0.12), (0.25, 0.50))),
    wood=_WOODS,
    paint=((3.0, (0.08, 0.15), (0.0, 0.08), (0.78, 0.95)), (1.0, (0.5, 0.7), (0.0, 0.12),
           (0.15, 0.45)), (0.6, (0.3, 0.62), (0.12, 0.30), (0.35, 0.60))),
    fabric=((2.0, (0.55, 0.68), (0.05, 0.35), (0.15, 0.40)), (2.0, (0.05, 0.12), (0.05, 0.30),
            (0.25, 0.65)), (1.0, (0.0, 1.0), (0.0, 0.06), (0.12, 0.55)),
            (0.7, (0.25, 0.45), (0.12, 0.30), (0.22, 0.42)),
            (0.5, (0.97, 1.03), (0.35, 0.55), (0.25, 0.45))),
    small=((2.0, (0.0, 1.0), (0.05, 0.30), (0.25, 0.85)), (1.0, (0.0, 1.0), (0.30, 0.60),
           (0.25, 0.60))),
    roof=((1.0, (0.08, 0.15), (0.0, 0.05), (0.85, 0.97)),),
    floors={'planks': 1.4, 'parquet': 0.6, 'tiles': 0.8, 'carpet': 0.8, 'concrete': 0.4},
    walls={'plaster': 3.0, 'wallpaper': 0.4, 'brick': 0.15, 'gradient': 0.4},
    fabrics={'weave': 2.0, 'noise': 1.0, 'stripes': 0.3, 'plaid': 0.3},
    texture_contrast=(0.05, 0.22), accent_wall=0.2, painted=0.35, clutter=0.55, extras=(3, 7),
    rug=0.4, curtain=0.6, pictures=(0, 3), proportions=(0.95, 1.08),
    chairs={'slats': 0.8, 'solid': 1.4, 'stool': 0.25, 'shell': 0.5},
    sofas={'boxy': 1.6, 'rounded': 0.5, 'slim': 1.0},
    tables={'legs': 1.6, 'pedestal': 0.5, 'panel': 0.5},
    storage={'bookcase': 1.0, 'cabinet': 1.2, 'wardrobe': 1.0, 'drawers': 1.0, 'cubes': 0.4},
    lighting=Lighting(ambient=(0.44, 0.62), ceiling=(0.20, 0.55), window=(0.25, 0.60),
                      bounce=(0.08, 0.20), temperature=(-0.1, 0.6),
                      window_temperature=(-0.5, 0.2)),
    sensor=Sensor(exposure=(0.95, 1.35), white_balance=0.06, gamma=(0.85, 1.1),
                  contrast=(0.0, 0.4), vignette=(0.1, 0.4), blur=(0.4, 0.9),
                  noise=(0.006, 0.022)),
    plain_fabric=0.6)

LOOKS = {look.name: look for look in (STREAM, TARGET)}


def named(name: str) -> Look:
    """Return a built-in look; DepthDistillError if there is none. 'robot' is an old name."""
    try:
        return LOOKS['target' if name == 'robot' else name]
    except KeyError:
        raise DepthDistillError(
            f"look: there is no '{name}'; choose one of {', '.join(sorted(LOOKS))}") from None
