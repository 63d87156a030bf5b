# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A room as all exports need it: names, surfaces, the camera and the way of the camera."""

from __future__ import annotations

from dataclasses import dataclass, replace
import itertools

import numpy as np

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.worlds.mujoco.geoms import STICK
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms import randomise
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.generate import generate
from depth_distill_ros.worlds.rooms.looks import Look
from depth_distill_ros.worlds.rooms.scene import Material, Object, Part, Room
from depth_distill_ros.worlds.rooms.trajectory import poses

NEAR, FAR = 0.05, 30.0
_STEPS, _STRIDE = 1200, 0.1


@dataclass(frozen=True, eq=False)
class ExportedRoom:
    """
    One room, ready to be written.

    Attributes:
        name: of the world; an identifier
        room: with its objects and lights
        intrinsics: of all its cameras
        way: camera poses in free space, ``_STRIDE`` metres of progress apart
        noise: standard deviation of the camera's noise, of 0..1
    """

    name: str
    room: Room
    intrinsics: Intrinsics
    way: tuple[Pose, ...]
    noise: float = 0.0

    @property
    def origin(self) -> str:
        """A comment for the head of a file."""
        return f'{self.name}, a {self.room.kind}, written by depth-distill simulate'

    def objects(self) -> list[tuple[str, Object]]:
        """Return every object with a name that is an identifier and occurs once."""
        return [(f'{thing.name.replace(" ", "_")}_{k:03d}', thing)
                for k, thing in enumerate(self.room.objects)]

    def surface(self, part: Part) -> Material:
        """Return the material without tile; thin and round parts get the texture's mean colour."""
        colour, texture = part.material.colour, part.material.texture
        if texture is not None and (part.shape != 'box' or sorted(part.size)[1] < STICK):
            colour, texture = np.multiply(colour, self.room.mean_colours[texture]), None
        return replace(part.material, colour=tuple(min(1.0, float(c)) for c in colour),
                       texture=texture, tile=None)


def exported_room(look: Look, seed: int, size: tuple[int, int]) -> ExportedRoom:
    """
    Draw the room of a seed, the one that ``depth-distill simulate --seed`` shows.

    size: of the camera images, (height, width), pixels
    """
    key = (seed, 0)
    room = generate(look, key)
    way = poses(FreeSpace(room, look), look, np.random.default_rng((*key, 1)), _STRIDE)
    intrinsics = Intrinsics.from_vertical_fov(
        randomise.vertical_fov(look, key, SimulatorSettings.vertical_fov), size)
    noise = 0.0
    if look.sensor is not None:
        rng = np.random.default_rng((*key, 2))
        room = brightened(room, rng.uniform(*look.sensor.exposure))
        noise = rng.uniform(*look.sensor.noise)
    return ExportedRoom(f'room_{seed}', room, intrinsics, tuple(itertools.islice(way, _STEPS)),
                        noise)


def linear(colour: tuple[float, ...]) -> tuple[float, ...]:
    """Return an sRGB colour (IEC 61966-2-1) as linear light."""
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)


def brightened(room: Room, gain: float) -> Room:
    """Return the room with brighter lights, as not every simulator's camera has an exposure."""
    lights = tuple(replace(light, colour=tuple(gain * c for c in light.colour))
                   for light in room.lights)
    return replace(room, ambient=tuple(gain * c for c in room.ambient), lights=lights)
