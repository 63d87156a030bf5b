# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The materials of one room: colours from the palettes of the look, and textures."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.worlds.rooms import photographs, textures
from depth_distill_ros.worlds.rooms.looks import Look, Palette
from depth_distill_ros.worlds.rooms.scene import Material

FLOOR_TILE = {'planks': (1.2, 1.2), 'parquet': (0.8, 0.8), 'tiles': (1.6, 1.6),
              'checker': (1.6, 1.6), 'carpet': (1.0, 1.0), 'concrete': (1.5, 1.5)}
WALL_TILE = {'plaster': (2.0, 2.0), 'brick': (1.04, 1.2), 'wallpaper': (1.2, 1.2),
             'stripes': (1.2, 1.2), 'dots': (1.2, 1.2), 'gradient': None}


def choose(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """Draw a key with the probability of its weight."""
    names = list(weights)
    total = np.cumsum([weights[n] for n in names])
    return names[min(int(np.searchsorted(total, rng.random() * total[-1])), len(names) - 1)]


class Materials:
    """
    The materials from which a room is built.

    look, rng: the look and the random numbers of the room
    textures: name to uint8 RGB, as the materials name them
    """

    def __init__(self, look: Look, rng: np.random.Generator) -> None:
        self.look, self.rng = look, rng
        self.textures: dict[str, np.ndarray] = {}
        self.contrast = rng.uniform(*look.texture_contrast)
        self.floor = self._floor()
        self.wall = self._wall('wall')
        self.accent_wall = self._wall('accent') if rng.random() < look.accent_wall else self.wall
        self.roof = self.plain(look.roof)
        self.trim = self.plain(look.paint) if rng.random() < 0.3 else Material((0.92, 0.91, 0.89))
        self.woods = [self._wood(f'wood{k}') for k in range(2)]
        self.painted = [self.plain(look.paint, gloss=0.15) for _ in range(2)]
        self.fabrics = [self._fabric(f'fabric{k}') for k in range(3)]
        self.curtain = self.plain(look.wall) if rng.random() < 0.5 else self.fabric()
        self.metal = Material((0.55, 0.56, 0.58), gloss=0.6)
        self.dark = Material((0.08, 0.08, 0.09), gloss=0.2)
        self.white = Material((0.93, 0.93, 0.91), gloss=0.1)
        self.glass = Material(tuple(float(v) for v in rng.uniform((0.75, 0.85, 0.9), 1.0)),
                              emission=rng.uniform(0.6, 0.95))
        self.glow = Material((1.0, 0.93, 0.78), emission=0.85)
        colours = [self.colour(look.small) for _ in range(7)]
        self.textures['spines'] = textures.spines(rng, colours)
        self.books = Material((1.0, 1.0, 1.0), 'spines')
        self._pictures = 0
        self.leaf = Material(tuple(float(v) for v in textures.hsv(
            rng.uniform(0.25, 0.38), rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.6))))

    def colour(self, palette: Palette) -> np.ndarray:
        """Draw one colour of a palette, RGB in 0..1."""
        weights = np.cumsum([entry[0] for entry in palette])
        pick = int(np.searchsorted(weights, self.rng.random() * weights[-1]))
        return textures.hsv(*(self.rng.uniform(*span) for span in palette[pick][1:]))

    def plain(self, palette: Palette, gloss: float = 0.0) -> Material:
        """Return an untextured material."""
        return Material(tuple(float(v) for v in self.colour(palette)), gloss=gloss)

    def small(self) -> Material:
        """Return a colour for a small thing."""
        return self.plain(self.look.small, gloss=0.2)

    def wood(self) -> Material:
        """Return one of the room's woods."""
        return self.woods[int(self.rng.integers(len(self.woods)))]

    def front(self) -> Material:
        """Return the material of a cupboard: painted or wooden."""
        if self.rng.random() < self.look.painted:
            return self.painted[int(self.rng.integers(len(self.painted)))]
        return self.wood()

    def fabric(self) -> Material:
        """Return one of the room's fabrics, plain or patterned."""
        material = self.fabrics[int(self.rng.integers(len(self.fabrics)))]
        return self.plain(self.look.fabric) if self.rng.random() < self.look.plain_fabric \
            else material

    def picture(self) -> Material:
        """Return a print or a photograph; a room draws three and repeats them."""
        name = f'print{self._pictures % 3}'
        self._pictures += 1
        if name not in self.textures and self.look.photographs:
            self.textures[name] = photographs.part(
                self.look.photographs, self.rng, textures.SMALL)
        elif name not in self.textures:
            colours = [self.colour(self.look.small) for _ in range(4)]
            self.textures[name] = textures.printed(self.rng, colours)
        return Material((1.0, 1.0, 1.0), name)

    def rug(self) -> Material:
        """Return the room's rug."""
        colour, other = self.colour(self.look.fabric), self.colour(self.look.fabric)
        kind = choose(self.rng, self.look.fabrics)
        self._cover('rug', textures.fabric(self.rng, kind, colour, other, self.contrast + 0.1))
        return Material((1.0, 1.0, 1.0), 'rug', (0.8, 0.8))

    def _floor(self) -> Material:
        rng, look, contrast = self.rng, self.look, self.contrast
        kind = choose(rng, look.floors)
        colour = self.colour(look.wood if kind in ('planks', 'parquet') and rng.random() < 0.7
                             else look.floor)
        if kind in ('planks', 'parquet'):
            texture = textures.planks(rng, colour, contrast, kind == 'parquet')
        elif kind in ('tiles', 'checker'):
            other = self.colour(look.floor) if kind == 'checker' else colour
            texture = textures.tiles(rng, colour, contrast, other)
        else:
            texture = textures.uneven(kind, rng, colour, contrast)
        if rng.random() < 0.5:
            texture = np.ascontiguousarray(texture.transpose(1, 0, 2))
        self._cover('floor', texture)
        return Material((1.0, 1.0, 1.0), 'floor', FLOOR_TILE[kind])

    def _wall(self, name: str) -> Material:
        rng, contrast = self.rng, self.contrast
        kind = choose(rng, self.look.walls)
        colour, other = self.colour(self.look.wall), self.colour(self.look.wall)
        self._cover(name, textures.uneven(kind, rng, colour, contrast) if kind == 'plaster' else
                    getattr(textures, kind)(rng, colour, contrast if kind == 'brick' else other))
        return Material((1.0, 1.0, 1.0), name, WALL_TILE[kind])

    def _wood(self, name: str) -> Material:
        self._cover(name, textures.uneven('wood', self.rng, self.colour(self.look.wood),
                                          self.contrast))
        return Material((1.0, 1.0, 1.0), name, (1.2, 0.6), gloss=0.1)

    def _fabric(self, name: str) -> Material:
        kind = choose(self.rng, self.look.fabrics)
        colours = self.colour(self.look.fabric), self.colour(self.look.fabric)
        self._cover(name, textures.fabric(self.rng, kind, *colours, self.contrast))
        return Material((1.0, 1.0, 1.0), name, (0.5, 0.5))

    def _cover(self, name: str, drawn: np.ndarray) -> None:
        """Give a surface the texture that was drawn, or a part of a photograph."""
        look = self.look
        if look.photographs and self.rng.random() < look.photographed:
            drawn = photographs.seamless(look.photographs, self.rng, len(drawn))
        self.textures[name] = drawn
