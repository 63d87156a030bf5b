# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill simulate: draw the simulated rooms, or export them to another simulator."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'draw the simulated rooms, or export them'
EXAMPLE = 'depth-distill simulate --look target --rooms 6 --seed 3 rooms.png'
DETAILS = """\
for another simulator: depth-distill simulate --export gazebo --rooms 3 --seed 7 worlds/
writes worlds/room_7 to room_9, the same rooms that are drawn for these seeds. Each has the scene
(room.sdf and room.fortress.sdf, room.usda, or room.xml), its textures/ and way.csv, the poses of
a camera path without collisions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='PNG file to write; with --export a folder')


def run(arguments: argparse.Namespace) -> int:
    seeds = range(arguments.seed, arguments.seed + arguments.rooms)
    # The simulator is an extra of the installation: imported where it is needed.
    if arguments.export != 'none':
        from depth_distill_ros.worlds.export.write import export
        from depth_distill_ros.worlds.rooms import look_file

        for path in export(arguments.export, look_file.named(arguments.look), seeds, arguments.out,
                           arguments.size, arguments.texture_rows):
            print(path)
        return 0
    from depth_distill_ros.worlds.contact_sheet import write_contact_sheet
    from depth_distill_ros.worlds.mujoco.camera import sample_frames

    print(write_contact_sheet(arguments.out, sample_frames(arguments.look, seeds)))
    return 0
