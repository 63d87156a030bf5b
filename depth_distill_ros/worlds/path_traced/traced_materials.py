# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The materials of path-traced rooms, as data that does not need the renderer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from depth_distill_ros.worlds.path_traced import traced_textures as textures

Colour = tuple[float, float, float]

# Muted colours of walls, cloth and lacquer in real rooms, sRGB.
_WALLS = ((0.93, 0.92, 0.88), (0.88, 0.86, 0.80), (0.80, 0.83, 0.82), (0.86, 0.80, 0.72),
          (0.74, 0.80, 0.84), (0.82, 0.86, 0.76), (0.90, 0.84, 0.82), (0.70, 0.72, 0.74),
          (0.55, 0.63, 0.62), (0.62, 0.50, 0.46), (0.42, 0.50, 0.58))
_WOODS = ((0.62, 0.44, 0.28), (0.45, 0.29, 0.18), (0.76, 0.60, 0.42), (0.31, 0.20, 0.14),
          (0.80, 0.70, 0.55), (0.55, 0.50, 0.45))
_CLOTHS = ((0.45, 0.46, 0.48), (0.70, 0.66, 0.58), (0.26, 0.30, 0.38), (0.38, 0.30, 0.26),
           (0.50, 0.56, 0.50), (0.58, 0.36, 0.30), (0.82, 0.80, 0.76), (0.20, 0.21, 0.22),
           (0.66, 0.52, 0.34), (0.36, 0.44, 0.40))
_SMALL = ((0.75, 0.20, 0.16), (0.16, 0.32, 0.55), (0.85, 0.70, 0.25), (0.22, 0.45, 0.28),
          (0.92, 0.91, 0.88), (0.12, 0.12, 0.13), (0.52, 0.30, 0.50), (0.80, 0.48, 0.22),
          (0.35, 0.62, 0.66), (0.55, 0.40, 0.28), (0.60, 0.60, 0.62))


@dataclass(frozen=True, eq=False)
class Material:
    """
    A surface.

    kind: 'matt', 'gloss' (lacquer, tiles, plastic), 'metal', 'glass', 'light'
    colour: sRGB in 0..1; of a light, radiance per channel
    texture: H×W×3 uint8 sRGB in place of the colour; of a light, its pattern
    tile: metres that one copy of the texture covers
    roughness: of the gloss or the metal, 0..1
    """

    kind: str
    colour: Colour = (0.5, 0.5, 0.5)
    texture: np.ndarray | None = None
    tile: float = 1.0
    roughness: float = 0.2


class Materials:
    """The materials of one room: a few woods, cloths and metals that its things share."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._woods = [self._new_wood() for _ in range(2)]
        self._cloths = [self._new_cloth() for _ in range(3)]
        self.metal = self._new_metal()
        self.lacquer = self._new_lacquer()

    def wood(self) -> Material:
        """Return one of the room's woods, or its lacquer."""
        return self.lacquer if self.rng.random() < 0.2 else self._pick(self._woods)

    def cloth(self) -> Material:
        """Return one of the room's cloths."""
        return self._pick(self._cloths)

    def small(self, kind: str | None = None) -> Material:
        """Return a vivid material for a small thing."""
        kind = kind or ('gloss' if self.rng.random() < 0.5 else 'matt')
        return Material(kind, self._near(_SMALL, 0.07), roughness=0.15)

    def plain(self, colour: Colour, kind: str = 'matt', roughness: float = 0.2) -> Material:
        """Return a surface of about that colour."""
        return Material(kind, self._near((colour,), 0.03), roughness=roughness)

    def wall(self) -> Material:
        """Return paint, plaster, wallpaper, panels or brick."""
        colour = self._near(_WALLS, 0.03)
        kind = str(self.rng.choice(['paint', 'plaster', 'stripes', 'pattern', 'brick', 'panels'],
                                   p=[0.42, 0.2, 0.1, 0.12, 0.08, 0.08]))
        if kind == 'paint':
            return Material('matt', colour)
        if kind == 'brick':
            colour = self._near(((0.60, 0.36, 0.28), (0.80, 0.78, 0.74)), 0.04)
        texture, tile = textures.wall(kind, colour, self.rng)
        return Material('matt', colour, texture, tile)

    def floor(self) -> Material:
        """Return planks, herringbone, tiles, carpet, concrete or lino."""
        kind = str(self.rng.choice(['planks', 'herringbone', 'tiles', 'carpet', 'concrete'],
                                   p=[0.34, 0.14, 0.2, 0.2, 0.12]))
        palettes = {'carpet': _CLOTHS, 'concrete': ((0.58, 0.57, 0.55),),
                    'tiles': ((0.78, 0.76, 0.72), (0.5, 0.47, 0.44), (0.70, 0.62, 0.52),
                              (0.35, 0.35, 0.36))}
        colour = self._near(palettes.get(kind, _WOODS), 0.05)
        texture, tile = textures.floor(kind, colour, self.rng)
        shiny = kind in ('planks', 'herringbone', 'tiles') and self.rng.random() < 0.7
        return Material('gloss' if shiny else 'matt', colour, texture, tile,
                        self.rng.uniform(0.12, 0.35))

    def ceiling(self) -> Material:
        """Return white paint, or office panels."""
        white = self._near(((0.92, 0.92, 0.90),), 0.03)
        if self.rng.random() < 0.2:
            texture, tile = textures.wall('office', white, self.rng)
            return Material('matt', white, texture, tile)
        return Material('matt', white)

    def rug(self) -> Material:
        """Return a woven pattern."""
        texture = textures.rug(self._near(_CLOTHS, 0.05), self._near(_SMALL, 0.08), self.rng)
        return Material('matt', texture=texture)

    def picture(self) -> Material:
        """Return a painting or a photograph, one copy a metre."""
        return Material('matt', texture=textures.painting(self.rng))

    def _new_wood(self) -> Material:
        colour = self._near(_WOODS, 0.05)
        texture = textures.wood(colour, self.rng)
        kind = 'gloss' if self.rng.random() < 0.6 else 'matt'
        return Material(kind, colour, texture, 0.9, self.rng.uniform(0.12, 0.4))

    def _new_cloth(self) -> Material:
        colour = self._near(_CLOTHS, 0.06)
        if self.rng.random() < 0.15:
            return Material('gloss', colour, roughness=0.4)
        return Material('matt', colour, textures.weave(colour, self.rng), 0.25)

    def _new_metal(self) -> Material:
        colour = self._near(((0.75, 0.75, 0.77), (0.20, 0.20, 0.21), (0.80, 0.66, 0.42)), 0.03)
        return Material('metal', colour, roughness=self.rng.uniform(0.1, 0.4))

    def _new_lacquer(self) -> Material:
        colour = self._near(((0.92, 0.91, 0.89), (0.15, 0.15, 0.16), (0.55, 0.60, 0.62),
                             (0.36, 0.46, 0.42), (0.88, 0.82, 0.70)), 0.04)
        return Material('gloss', colour, roughness=self.rng.uniform(0.08, 0.3))

    def _pick(self, materials: list[Material]) -> Material:
        return materials[int(self.rng.integers(len(materials)))]

    def _near(self, palette: tuple[Colour, ...], spread: float) -> Colour:
        base = np.array(palette[int(self.rng.integers(len(palette)))])
        shade = self.rng.normal(0, spread) + self.rng.normal(0, spread / 3, 3)
        return tuple(float(v) for v in np.clip(base + shade, 0.03, 0.96))
