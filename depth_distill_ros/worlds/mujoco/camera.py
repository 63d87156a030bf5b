# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera: it drives through room after room and yields frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
import itertools

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.settings.cameras import SimulatorSettings as Default
from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer
from depth_distill_ros.worlds.mujoco.sensor import SensorModel
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms import look_file, randomise
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.generate import generate
from depth_distill_ros.worlds.rooms.scene import Room
from depth_distill_ros.worlds.rooms.trajectory import poses

_SIZE = (Default.height, Default.width)


class SimulatedCamera(AbstractContextManager):
    """
    An endless iterator of ``Frame`` with classes and depth, determined by its arguments.

    Args:
        size: (height, width), pixels
        vertical_fov: radians; a file of ranges may draw another one for each room
        rate: frames per second of simulated time, from which stamps follow
        look, seed, frames_per_room, shadows, stride: as in SimulatorSettings
    Attributes:
        intrinsics: of the last frame
        room, pose: of the last frame
        room_index: counts from 0
    Raises:
        DepthDistillError: an unknown look, a number out of range, or no OpenGL.
    """

    def __init__(self, look: str, seed: int, size: tuple[int, int] = _SIZE,
                 frames_per_room: int = Default.frames_per_room,
                 vertical_fov: float = Default.vertical_fov, shadows: bool = Default.shadows,
                 rate: float = Default.rate, stride: float = Default.stride) -> None:
        if frames_per_room < 1 or not rate > 0 or not stride > 0 or seed < 0:
            raise DepthDistillError(
                'simulator: frames_per_room, rate and stride must be positive and seed >= 0; got '
                f'{frames_per_room}, {rate}, {stride} and {seed}')
        self.look = look_file.named(look)
        self._vertical_fov = vertical_fov
        self.intrinsics = Intrinsics.from_vertical_fov(vertical_fov, size)
        self._seed, self._frames_per_room = seed, frames_per_room
        self._rate, self._stride = rate, stride
        self._renderer = MujocoRenderer(self.intrinsics, shadows)
        self._frame = 0
        self.room_index = -1
        self.room: Room | None = None
        self.pose: Pose | None = None
        self._poses: Iterator[Pose] | None = None
        self._sensor: SensorModel | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Return the camera itself: a second loop continues where the first stopped."""
        return self

    def __next__(self) -> Frame:
        """Take one step and return the frame."""
        if self._frame % self._frames_per_room == 0:
            self._enter_next_room()
        self.pose = next(self._poses)
        image, semantics, depth = self._renderer.render(self.pose)
        if self._sensor is not None:
            image = self._sensor(image)
        stamp = round(self._frame * 1e9 / self._rate)
        self._frame += 1
        return Frame(image, depth, semantics, self.intrinsics, stamp=stamp)

    def right_view(self, baseline: float) -> np.ndarray:
        """Return the right image of a rectified pair with the last frame, H×W×3 uint8."""
        x, y, z = self.pose.position + baseline * self.pose.axes()[0]
        pose = self.pose._replace(x=x, y=y, z=z)
        image = self._renderer.render(pose)[0]
        return image if self._sensor is None else self._sensor(image)

    def _enter_next_room(self) -> None:
        self.room_index += 1
        key = (self._seed, self.room_index)
        self.room = generate(self.look, key)
        self._renderer.load(self.room)
        self.intrinsics = self._renderer.intrinsics = Intrinsics.from_vertical_fov(
            randomise.vertical_fov(self.look, key, self._vertical_fov), self.intrinsics.size)
        # Separate generators: a change to the path changes neither the rooms nor the noise.
        way, grain = (np.random.default_rng((*key, k)) for k in (1, 2))
        self._poses = poses(FreeSpace(self.room, self.look), self.look, way, self._stride)
        if self.look.sensor is not None:
            if self._sensor is None:
                self._sensor = SensorModel(self.look.sensor, self.intrinsics.size)
            self._sensor.new_room(grain)

    def close(self) -> None:
        """Free the renderer; a second call does nothing."""
        self._renderer.close()

    def __exit__(self, *_: object) -> None:
        """Free the renderer."""
        self.close()


def sample_frames(look: str, seeds: Iterable[int], frames_per_room: int = 2,
                  size: tuple[int, int] = _SIZE) -> Iterator[Frame]:
    """Yield some frames of the first room of each seed; the arguments are the camera's."""
    for seed in seeds:
        with SimulatedCamera(look, seed, size, frames_per_room, stride=0.8) as camera:
            yield from itertools.islice(camera, frames_per_room)
