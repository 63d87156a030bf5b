# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All drives of the closed loop: rooms, seeds and sources of depth, over DDS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
import math
from pathlib import Path
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from depth_distill_ros import installation
from depth_distill_ros.apps.bench.drive.episode import Drive, drive
from depth_distill_ros.apps.bench.drive.ground import CELL, Course, Ground, course
from depth_distill_ros.apps.bench.drive.robot import HEIGHT, RADIUS, Robot
from depth_distill_ros.apps.bench.drive.voxel_layer import LayerParameters
from depth_distill_ros.apps.supervisor import Supervisor, last_line
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.ros import bringup
from depth_distill_ros.settings.launch import PUBLIC_NAMES, RELEASE, InferenceLaunch
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms import look_file
from depth_distill_ros.worlds.rooms.generate import generate

if TYPE_CHECKING:
    from depth_distill_ros.ros.clients.drive_camera import DriveCamera
    from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer

EXACT, BLIND, CONSTANT = 'exact', 'blind-map', 'constant'
# What a network of this size reads: a larger image would only be reduced.
SIZE = (96, 128)
VERTICAL_FOV = math.radians(50.0)
MOUNT = Mount(0.6, math.radians(6.0))
_START = 120.0  # seconds until the node must be ready
# Frames that the blind map and the constant are learned from, in rooms that are not driven.
_LEARN_ROOMS, _LEARN_FRAMES, _LEARN_SEED = 50, 8, 1_000_003


@dataclass(frozen=True)
class Source:
    """
    What the robot drives by.

    model: folder of a network; None: exact depth, the blind map or the constant, by its name
    """

    name: str
    model: Path | None = None


class RobotEye:
    """Renders what a robot's camera sees in the rooms of a look."""

    def __init__(self, look: str) -> None:
        # OpenGL is chosen when this is imported.
        from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer
        from depth_distill_ros.worlds.mujoco.sensor import SensorModel

        self.look = look_file.named(look)
        self.camera = Intrinsics.from_vertical_fov(VERTICAL_FOV, SIZE)
        self._renderer: MujocoRenderer = MujocoRenderer(self.camera)
        self._sensor = SensorModel(self.look.sensor, SIZE) if self.look.sensor else None

    def enter(self, seed: int, number: int) -> tuple[Ground, Course | None]:
        """Load a room; return its ground and its course."""
        room = generate(self.look, (seed, number))
        self._renderer.load(room)
        if self._sensor is not None:
            self._sensor.new_room(np.random.default_rng((seed, number, 2)))
        ground = Ground(room, HEIGHT)
        return ground, course(ground, RADIUS, np.random.default_rng((seed, number, 3)))

    def see(self, robot: Robot) -> Frame:
        """Return image and exact depth from where a robot is."""
        image, _, depth = self._renderer.render(Pose(
            robot.x, robot.y, MOUNT.height, robot.heading, -MOUNT.pitch, -MOUNT.roll))
        if self._sensor is not None:
            image = self._sensor(image)
        return Frame(image, depth, intrinsics=self.camera)

    def frames(self, seed: int, rooms: int, each: int) -> Iterator[Frame]:
        """Yield so many frames of so many rooms, from wherever the robot may stand."""
        rng = np.random.default_rng(seed)
        for number in range(rooms):
            ground, way = self.enter(seed, number)
            free = np.argwhere(ground.distance > RADIUS)
            for _ in range(each if way is not None else 0):
                row, column = free[rng.integers(len(free))]
                heading = float(rng.uniform(-math.pi, math.pi))
                yield self.see(Robot(CELL * column, CELL * row, heading))

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()


class DriveBench:
    """
    Drives every room with every source; logs go to `folder`.

    Args:
        look: of the rooms
        parameters: of the inference node, by name
    """

    def __init__(self, folder: Path, look: str, parameters: dict[str, object]) -> None:
        self._folder, self._parameters = folder, parameters
        self._layer = LayerParameters.shipped()
        self._eye = RobotEye(look)
        self._learned: dict[str, np.ndarray] = {}

    def close(self) -> None:
        """Free the renderer."""
        self._eye.close()

    def scenes(self, rooms: Iterable[tuple[int, int]],
               ) -> dict[tuple[int, int], tuple[Ground, Course]]:
        """Return the grounds and courses of rooms, by (seed, number), that have a course."""
        found = ((key, *self._eye.enter(*key)) for key in rooms)
        return {key: (ground, way) for key, ground, way in found if way is not None}

    def drives(self, source: Source, seed: int, numbers: Iterable[int],
               ) -> Iterator[tuple[int, Drive]]:
        """Yield (number of the room, result) of each room that has a course."""
        given = None if source.model else self._given(source.name)
        with self._node(source) as camera:
            for number in numbers:
                ground, way = self._eye.enter(seed, number)
                if way is None:
                    continue

                def look(robot: Robot) -> np.ndarray:
                    frame = self._eye.see(robot)
                    depth = frame.depth if source.name == EXACT and not source.model else given
                    return camera.cloud(frame.image, self._eye.camera, depth)

                yield number, drive(look, MOUNT, ground, way, self._layer)

    def _given(self, name: str) -> np.ndarray | None:
        """Return the depth of the blind map or the constant, H×W metres; None: the exact one."""
        if name == EXACT:
            return None
        if not self._learned:
            frames = list(self._eye.frames(_LEARN_SEED, _LEARN_ROOMS, _LEARN_FRAMES))
            learned = blind_map.learn(frames)
            self._learned = {
                BLIND: learned.seen(SIZE).astype(np.float32),
                CONSTANT: np.full(SIZE, np.median([frame.depth for frame in frames]),
                                  np.float32)}
        return self._learned[name]

    @contextmanager
    def _node(self, source: Source) -> Iterator[DriveCamera]:
        from depth_distill_ros.ros.clients.drive_camera import DriveCamera

        arguments = InferenceLaunch(
            robot_image='bench/image', robot_camera_info='bench/camera_info',
            work_dir=str(self._folder), model=str(source.model) if source.model else None)
        spec, = bringup.inference_graph(arguments)
        spec = replace(
            spec, parameters={**spec.parameters, **_navigation(), **self._parameters},
            remappings={**spec.remappings, RELEASE: 'bench/release',
                        'given_depth': 'bench/given_depth'})
        program = [str(installation.executable(spec.executable))] if source.model else \
            ['-m', 'depth_distill_ros.ros.clients.given_depth']
        supervisor = Supervisor({'inference': [sys.executable, *program, *spec.ros_arguments()]},
                                self._folder / 'logs' / source.name, {})
        try:
            with closing(DriveCamera(PUBLIC_NAMES['points'])) as camera:
                deadline = time.monotonic() + _START
                while camera.values.get('inference', {}).get('state') != 'active':
                    camera.spin(0.2)
                    supervisor.restart_exited()
                    if time.monotonic() > deadline:
                        raise DepthDistillError(
                            f'the node has not started within {_START:.0f} s; last line of its '
                            f'log: {last_line(supervisor.children[0].log)}')
                yield camera
        finally:
            supervisor.stop()


def _navigation() -> dict[str, object]:
    """Return the parameters of a node whose clouds a robot drives by."""
    return {'camera_height': MOUNT.height, 'camera_pitch': math.degrees(MOUNT.pitch),
            'points_voxel': 0.05, 'free_beyond': 6.0, 'floor_tolerance': 0.05,
            'points_high': 1.6, 'engine': 'torch-cpu', 'reliability': 'reliable',
            'output': 'network', 'threads': 1}
