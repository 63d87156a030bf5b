#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What the stream store makes of a simulator's camera that goes in a circle and films slowly.

The camera takes the 240 first poses of an exported room again and again, sends each image four
times, with noise, and once more with every lap varied as the scripts of Gazebo and Isaac Sim do.

Example: python benchmarks/stream_loop.py --laps 5
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
import itertools
from pathlib import Path
import sys
import tempfile

import numpy as np

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream.signature import signature
from depth_distill_ros.stream.split import LIKE, Part, by_number
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.worlds.export.exported_room import exported_room
from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms import look_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'sim'))
from flight import varied  # noqa: E402

SIZE = (96, 128)
_POSES, _COPIES, _NOISE = 240, 4, 0.013


def store(renderer: MujocoRenderer, poses: Iterable[Pose], name: str) -> None:
    """Store the images of poses; print how many are stored, used for what, and how alike."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, \
            StreamWriter(folder, SIZE, StreamSettings.capacity) as writer:
        sent = 0
        for pose in poses:
            image, semantics, _ = renderer.render(pose)
            for _ in range(_COPIES):
                grain = 255.0 * _NOISE * random.standard_normal(image.shape)
                writer.append(Frame(
                    np.clip(image + grain, 0, 255).astype(np.uint8), semantics=semantics,
                    intrinsics=renderer.intrinsics, stamp=sent), StreamSettings.min_difference)
                sent += 1
        with writer.reader().snapshot() as frames:
            keys, parts = np.array(frames.keys()), frames.parts()
            known = np.array([signature(frames.read(key).image) for key in keys.tolist()], float)
    counts = {part.name.lower(): int((parts == part).sum()) for part in list(Part)[1:]}
    print(f'{name}: {len(keys)} of {sent} stored, {counts}')
    for how, split in (('by content', parts), ('by number alone', by_number(keys))):
        nearest = [np.abs(known[split == Part.TRAINING] - one).mean(axis=1).min()
                   for one in known[split == Part.HELD_OUT]]
        print(f'  {how}: {sum(d <= LIKE for d in nearest)} of {len(nearest)} held-out frames are '
              f'like a training frame; the least difference is {min(nearest):.1f}')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--laps', type=int, default=5)
    parser.add_argument('--seed', type=int, default=35, help='of the room')
    arguments = parser.parse_args()
    exported = exported_room(look_file.named('stream'), arguments.seed, SIZE)
    renderer = MujocoRenderer(Intrinsics.from_vertical_fov(0.8, SIZE))
    renderer.load(exported.room)
    way, count = exported.way[:_POSES], arguments.laps * _POSES
    store(renderer, itertools.islice(itertools.cycle(way), count), 'the same lap')
    rows = [(*pose.position, pose.roll, pose.pitch, pose.yaw) for pose in way]
    laps = itertools.islice(varied(rows, 0), count)
    store(renderer, (Pose(x, y, z, yaw, pitch, roll) for x, y, z, roll, pitch, yaw in laps),
          'varied laps')
    renderer.close()


if __name__ == '__main__':
    main()
