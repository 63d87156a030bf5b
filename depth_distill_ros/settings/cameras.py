# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The two nodes that publish camera images: the embedded simulator and a data set."""

from __future__ import annotations

from dataclasses import dataclass
import math

from depth_distill_ros.settings.field import setting
from depth_distill_ros.settings.names import DATA
from depth_distill_ros.settings.node import IMAGE_SIDE, RATE, NodeSettings

_FRAME_ID = 'camera_optical_frame'
_FRAME_HELP = 'frame of the optical axis in every header'


@dataclass(frozen=True)
class SimulatorSettings(NodeSettings):
    """The simulator node."""

    look: str = setting(
        'stream', 'appearance of the rooms: stream, which the student is trained on; target, '
        'another one that stands for the target domain; general, all kinds of rooms, cameras and '
        'mounts; nyu, those rooms with the camera of NYU-v2; or a YAML file of ranges, such as '
        'sim/randomisation.yaml',
        old_values={'robot': 'target'})
    seed: int = setting(0, 'seed of every room and of the way through it', range=(0, 2**31 - 1))
    rate: float = setting(
        5.0, 'frame rate; 0: as fast as they render', unit='frames/s', range=RATE)
    max_cores: float = setting(
        0.5, 'processor time that the node takes at most, so that enough is left to train with; '
        'the frame rate falls where that does not suffice; 0: no limit', unit='cores',
        range=(0.0, 256.0), changeable=True)
    height: int = setting(240, 'image height', unit='pixels', range=IMAGE_SIDE)
    width: int = setting(320, 'image width', unit='pixels', range=IMAGE_SIDE)
    vertical_fov: float = setting(
        math.radians(45.0), 'vertical field of view', unit='radians', range=(0.2, 2.5))
    frames_per_room: int = setting(
        16, 'frames before the next room', unit='frames', range=(1, 100_000))
    stride: float = setting(0.06, 'distance between two frames', unit='metres', range=(0.001, 2.0))
    shadows: bool = setting(False, 'cast shadows (slower)')
    publish_clock: bool = setting(
        False, "publish /clock and stamp frames with it instead of with this node's clock")
    frame_id: str = setting(_FRAME_ID, _FRAME_HELP)


@dataclass(frozen=True)
class RobotCameraSettings(NodeSettings):
    """The robot camera node, which plays a data set."""

    data: str = setting(
        '', f'frames that are published, over and over: {DATA}, with a camera; empty: the '
        'path-traced rooms that come with the package')
    rate: float = setting(
        5.0, 'frame rate', unit='frames/s', range=(0.01, 1000.0), changeable=True)
    frame_id: str = setting(_FRAME_ID, _FRAME_HELP)
