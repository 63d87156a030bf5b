#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What the robot of `bench drive` sees from wherever it may stand, in rooms that are not driven.

Written as a folder of images with exact depth, which depth-distill reads as folder:OUT. A student
of the bench learns from these images as a robot's student does from its camera's (--auxiliary);
their depth serves to judge it.

Example: python benchmarks/drive_frames.py --rooms 300 --frames-per-room 10 seen
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from depth_distill_ros.apps.bench.drive.bench import RobotEye
from depth_distill_ros.geometry.depth import metres_to_millimetres

_DRIVEN = 1000  # bench drive takes seeds below


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='new folder')
    parser.add_argument('--rooms', type=int, default=300)
    parser.add_argument('--frames-per-room', type=int, default=10)
    parser.add_argument('--look', default='target')
    parser.add_argument('--seed', type=int, default=0, help='other seeds, other rooms')
    arguments = parser.parse_args()
    for part in ('image', 'depth'):
        (arguments.out / part).mkdir(parents=True)
    with closing(RobotEye(arguments.look)) as eye:
        np.savetxt(arguments.out / 'K.txt', eye.camera.matrix())
        frames = eye.frames(_DRIVEN + arguments.seed, arguments.rooms, arguments.frames_per_room)
        for number, frame in enumerate(track(
                frames, 'rendering', arguments.rooms * arguments.frames_per_room)):
            name = f'{number:06d}.png'
            cv2.imwrite(str(arguments.out / 'depth' / name), metres_to_millimetres(frame.depth))
            cv2.imwrite(str(arguments.out / 'image' / name), frame.image[..., ::-1])


if __name__ == '__main__':
    main()
