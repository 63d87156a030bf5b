# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Data of the small preset, rendered once into plain folders.

The target domain is path-traced; the embedded simulator renders the stream.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import json_text, replacing, writing
from depth_distill_ros.geometry.depth import metres_to_millimetres
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.worlds.path_traced import world as traced

_WORLD = 'world.json'
_RENDER_SIZE = (SimulatorSettings.height, SimulatorSettings.width)


@dataclass(frozen=True)
class World:
    """
    What is rendered: equal worlds give equal images, other seeds other rooms.

    Attributes:
        size: (height, width) of the images, which are rendered at the simulator's size
        stride: distance between the frames of a room, metres
        vertical_fov: degrees
        baseline: distance to a second camera on the right, metres; 0: no second camera
    """

    look: str
    seed: int
    rooms: int
    frames_per_room: int
    size: tuple[int, int]
    stride: float = 0.35
    vertical_fov: float = math.degrees(SimulatorSettings.vertical_fov)
    baseline: float = 0.0

    @property
    def frames(self) -> int:
        return self.rooms * self.frames_per_room


@dataclass(frozen=True)
class Part:
    """Frames [first, last) of one split of the path-traced target; last 0: up to its end."""

    split: str
    first: int = 0
    last: int = 0

    def rooms(self, world: traced.World) -> dict[str, int]:
        """Return the number of rooms that must be rendered, by split."""
        whole = world.rooms[self.split]
        return {self.split: math.ceil(self.last / world.frames[self.split]) or whole}

    def spec(self, target: Path) -> str:
        """Return the data set in the folder of `bench render`, in the form of open_reader."""
        frames = f',frames={self.first}:{self.last}' if self.last else ''
        return f'folder:{target / self.split}{frames}'


def render(world: World, folder: Path) -> str:
    """
    Return the data set of `world` in `folder`, in the form of open_reader; render it if missing.

    A folder is complete or missing: an interrupted rendering starts again. DepthDistillError if
    `folder` holds something else.
    """
    if folder.exists():
        _check(folder, world)
        return f'folder:{folder}'
    with writing(folder, 'free some space or make it writable'), replacing(folder) as aside:
        _write(world, aside)
        (aside / _WORLD).write_text(json_text(asdict(world)), encoding='utf-8')
    return f'folder:{folder}'


def _check(folder: Path, world: World) -> None:
    try:
        described = json.loads((folder / _WORLD).read_text(encoding='utf-8'))
        # folders of version 0.1 have the old name of the look
        look = {'robot': 'target'}.get(described['look'], described['look'])
        there = World(**{**described, 'look': look, 'size': tuple(described['size'])})
    except (OSError, ValueError, TypeError, KeyError):
        there = None
    if there != world:
        raise DepthDistillError(f'{folder} was rendered for something else; remove it or name '
                                'another output folder')


def _write(world: World, folder: Path) -> None:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

    for part in ('image', 'depth', 'semantics', *(('right',) if world.baseline else ())):
        (folder / part).mkdir(parents=True)
    view = View.fit(_RENDER_SIZE, world.size)
    with SimulatedCamera(world.look, world.seed, _RENDER_SIZE, world.frames_per_room,
                         math.radians(world.vertical_fov), stride=world.stride) as camera:
        np.savetxt(folder / 'K.txt', view.intrinsics(camera.intrinsics).matrix())
        for number, frame in zip(range(world.frames), camera, strict=False):
            name = f'{number:06d}.png'
            parts = {'image': view.image(frame.image)[..., ::-1],
                     'semantics': view.labels(frame.semantics),
                     'depth': metres_to_millimetres(view.depth(frame.depth))}
            if world.baseline:
                parts['right'] = view.image(camera.right_view(world.baseline))[..., ::-1]
            for part, array in parts.items():
                (folder / part / name).write_bytes(cv2.imencode('.png', array)[1].tobytes())
