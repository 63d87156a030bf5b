#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames a second of one core of the embedded simulator, and where its time goes.

The time is that of the processor, of all threads of the process, so that other load on the machine
counts little.

Example: python benchmarks/simulator.py --frames 400 --size 240 320
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import sys
from time import process_time

import cv2
from rich.console import Console

sys.path.append(str(Path(__file__).parent / 'helpers'))

from stages import Stages  # noqa: E402

from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.worlds.mujoco import camera as simulated
from depth_distill_ros.worlds.mujoco import renderer
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera
from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer
from depth_distill_ros.worlds.mujoco.sensor import SensorModel


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = SimulatorSettings()
    parser.add_argument('--look', default=default.look)
    parser.add_argument('--size', nargs=2, type=int, default=(default.height, default.width),
                        metavar=('H', 'W'))
    parser.add_argument('--frames', type=int, default=400)
    parser.add_argument('--frames-per-room', type=int, default=default.frames_per_room)
    a = parser.parse_args()
    cv2.setNumThreads(1)
    stages = Stages(process_time)
    mujoco = renderer.mujoco
    for owner, name, stage in (
            (simulated, 'generate', 'furnish a room'),
            (simulated, 'FreeSpace', 'find the free space'),
            (MujocoRenderer, 'load', 'upload a room'), (MujocoRenderer, '_fill', 'cull and fill'),
            (mujoco, 'mjr_render', 'OpenGL: draw'),
            (mujoco, 'mjr_readPixels', 'OpenGL: draw, read'),
            (MujocoRenderer, 'render', 'shrink, classes and depth'),
            (SensorModel, '__call__', 'sensor')):
        stages.watch(owner, name, stage)
    with SimulatedCamera(a.look, 0, tuple(a.size), a.frames_per_room) as camera:
        following = stages.timed(lambda: next(camera), 'way, the rest')
        for _ in range(a.frames_per_room):
            following()
        stages.seconds.clear()
        for _ in range(a.frames):
            following()
    whole = sum(stages.seconds.values())
    rows = [(stage, f'{1e3 * seconds / a.frames:.2f}', f'{100 * seconds / whole:.0f}')
            for stage, seconds in stages.seconds.most_common()]
    Console(width=80).print(terminal_table(
        ('stage', 'ms a frame', '%'), rows,
        title=f'{a.size[0]}×{a.size[1]}, {a.frames} frames, {a.frames / whole:.1f} a second of '
              f'one core, load {os.getloadavg()[0]:.1f}'))


if __name__ == '__main__':
    main()
