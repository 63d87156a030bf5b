# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a data set of path-traced rooms, and their file in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_json, writing
from depth_distill_ros.geometry.intrinsics import Intrinsics

FILE = 'world.json'
# Raised whenever the room of a seed, or its images, change.
_VERSION = 2
# Also the order of rendering, as training can start before its split is complete.
SPLITS = ('val', 'test', 'train')


@dataclass(frozen=True)
class World:
    """
    The settings of a target domain, which determine all its images.

    Attributes:
        rooms, frames: by split, the rooms and the frames of each room
        size: (height, width), pixels
        samples: paths traced for each pixel
        vertical_fov: degrees; one for all images, as a depth network learns one focal length
        seed: of the rooms; neither splits nor seeds share rooms
    """

    rooms: dict[str, int]
    frames: dict[str, int]
    size: tuple[int, int]
    samples: int
    vertical_fov: float = 50.0
    seed: int = 0

    @property
    def camera(self) -> Intrinsics:
        """The camera of all images, which have no distortion."""
        return Intrinsics.from_vertical_fov(math.radians(self.vertical_fov), self.size)

    def images_of(self, split: str) -> int:
        """Return the number of images in a split."""
        return self.rooms[split] * self.frames[split]

    def room_seed(self, split: str, room: int) -> tuple[int, ...]:
        """Return the seed of a room."""
        return (self.seed, ('train', 'val', 'test').index(split), room)

    def describe(self) -> dict[str, object]:
        """Return the contents of world.json."""
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
    Write world.json into an empty or new folder, or check that the same one is there.

    DepthDistillError if the folder has other contents.
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
