# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is rendered: how many rooms of each split, seen how, and traced how well."""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_json, writing
from depth_distill_ros.geometry.intrinsics import Intrinsics

FILE = 'world.json'
# Of what the seeds mean: raised whenever a room of a seed, or its picture, becomes another.
_VERSION = 2
# Also the order of rendering: a training split can be used before it is complete.
SPLITS = ('val', 'test', 'train')


@dataclass(frozen=True)
class World:
    """
    A target domain; equal ones are equal pictures.

    Attributes
    ----------
    rooms, frames : by split, rooms and pictures of each
    size : (height, width), pixels
    vertical_fov : degrees; of all pictures, as a depth network knows one focal length
    samples : paths traced for each pixel
    seed : no two splits share a room, nor do two seeds

    """

    rooms: dict[str, int]
    frames: dict[str, int]
    size: tuple[int, int]
    samples: int
    vertical_fov: float = 50.0
    seed: int = 0

    @property
    def camera(self) -> Intrinsics:
        """The pinhole of all pictures, whose distortion is taken as corrected."""
        return Intrinsics.from_vertical_fov(math.radians(self.vertical_fov), self.size)

    @property
    def pictures(self) -> int:
        """How many there are in all splits."""
        return sum(map(self.pictures_of, SPLITS))

    def pictures_of(self, split: str) -> int:
        """Return how many pictures there are of a split."""
        return self.rooms[split] * self.frames[split]

    def room_seed(self, split: str, room: int) -> tuple[int, ...]:
        """Return the numbers that a room is drawn from."""
        return (self.seed, ('train', 'val', 'test').index(split), room)

    def describe(self) -> dict[str, object]:
        """Return what world.json holds."""
        return {'what': 'depth_distill_ros path-traced rooms', 'version': _VERSION,
                **asdict(self), 'size': list(self.size),
                'room': 'seed, split (0 train, 1 val, 2 test), number of the room',
                'file': 'SPLIT/PART/ROOM_FRAME.png; depth in millimetres along the optical axis; '
                        'semantics are ids of NYU-13; 0 is unknown in both'}


PRESETS = {
    'small': World({'train': 1000, 'val': 40, 'test': 75}, {'train': 4, 'val': 4, 'test': 4},
                   (96, 128), samples=8),
    'full': World({'train': 2000, 'val': 100, 'test': 160}, {'train': 10, 'val': 4, 'test': 4},
                  (240, 320), samples=16),
}


def claim(world: World, folder: Path) -> None:
    """
    Write world.json into an empty or new folder, or find the same one there.

    DepthDistillError where the folder holds something else.
    """
    file = folder / FILE
    try:
        with writing(file):
            if file.is_file():
                there = json.loads(file.read_text(encoding='utf-8'))
                if there != json.loads(json.dumps(world.describe())):
                    raise DepthDistillError(f'{folder} was rendered with other settings; name '
                                            'another folder, or remove it')
                return
            if folder.exists() and any(folder.iterdir()):
                raise DepthDistillError(f'{folder} holds something else than rendered rooms; name '
                                        'another folder')
        write_json(file, world.describe())
    except ValueError as error:
        raise DepthDistillError(f'{file} is damaged; remove {folder}') from error
