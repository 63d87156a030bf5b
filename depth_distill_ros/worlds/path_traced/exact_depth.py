# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The depth of rendered rooms without their images, which take most of the time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import metres_to_millimetres, millimetres_to_metres
from depth_distill_ros.worlds.path_traced.robot_poses import poses
from depth_distill_ros.worlds.path_traced.traced_room import generate
from depth_distill_ros.worlds.path_traced.tracer import Tracer
from depth_distill_ros.worlds.path_traced.world import World


class ExactDepth:
    """
    The first rooms of a split as a reader of frames with black images.

    Their depth is what ``dataset.render`` stores, to the millimetre.
    """

    def __init__(self, world: World, split: str, rooms: int) -> None:
        self._world, self._split, self._rooms = world, split, rooms
        self._room = lru_cache(maxsize=1)(self._depths)

    def __len__(self) -> int:
        return self._rooms * self._world.frames[self._split]

    def __getitem__(self, index: int) -> Frame:
        if not 0 <= index < len(self):
            raise IndexError(index)
        room, frame = divmod(index, self._world.frames[self._split])
        camera = self._world.camera
        return Frame(np.zeros((*camera.size, 3), np.uint8), self._room(room)[frame],
                     intrinsics=camera, name=f'{room:05d}_{frame:02d}')

    def _depths(self, number: int) -> list[np.ndarray]:
        seed = self._world.room_seed(self._split, number)
        room = generate(seed)
        tracer = Tracer(room.parts, None)
        stands = poses(room.plan, np.random.default_rng((*seed, 1)),
                       self._world.frames[self._split])
        depths = (tracer.truth(pose, self._world.camera)[0] for pose in stands)
        return [millimetres_to_metres(metres_to_millimetres(depth)) for depth in depths]
