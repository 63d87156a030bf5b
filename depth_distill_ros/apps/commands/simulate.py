# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill simulate: draw the simulated rooms, or export them to another simulator."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from depth_distill_ros.apps.options import add_option, given, settings
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.settings.field import settings_of

HELP = 'draw the simulated rooms, or export them'
EXAMPLE = 'depth-distill simulate --look target --rooms 6 --seed 3 rooms.png'
DETAILS = """\
for another simulator: depth-distill simulate --export gazebo --rooms 3 --seed 7 worlds/
writes worlds/room_7 to room_9, the same rooms that are drawn for these seeds. Each has the scene
(room.sdf and room.fortress.sdf, room.usda, or room.xml), its textures/ and way.csv, the poses of
a camera path without collisions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='PNG file to write; with --export a folder')
    add_option(parser, 'look', settings_of(SimulatorSettings)['look'])
    parser.add_argument('--rooms', type=int, default=6)
    add_option(parser, 'seed', replace(
        settings_of(SimulatorSettings)['seed'],
        help='seed of the first room; the next rooms have the next seeds'))
    parser.add_argument('--export', choices=('gazebo', 'isaac', 'mujoco'),
                        help='export the rooms for this simulator instead')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640),
                        metavar=('HEIGHT', 'WIDTH'), help='image size of the exported cameras')
    parser.add_argument('--texture-rows', type=int, default=256,
                        help='shrink larger textures of the export to this height, pixels')


def run(arguments: argparse.Namespace) -> int:
    if min(arguments.rooms, arguments.texture_rows) < 1:
        raise DepthDistillError('simulate: --rooms and --texture-rows must be positive; got '
                                f'{arguments.rooms} and {arguments.texture_rows}')
    chosen = settings(SimulatorSettings, given(arguments, SimulatorSettings))
    seeds = range(chosen.seed, chosen.seed + arguments.rooms)
    # The simulator is an extra of the installation: imported where it is needed.
    if arguments.export:
        from depth_distill_ros.worlds.export.write import export
        from depth_distill_ros.worlds.rooms import look_file

        for path in export(arguments.export, look_file.named(chosen.look), seeds, arguments.out,
                           tuple(arguments.size), arguments.texture_rows):
            print(path)
        return 0
    from depth_distill_ros.worlds.contact_sheet import write_contact_sheet
    from depth_distill_ros.worlds.mujoco.camera import sample_frames

    print(write_contact_sheet(arguments.out, sample_frames(chosen.look, seeds)))
    return 0
