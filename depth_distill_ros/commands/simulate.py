# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Show what a simulated camera sees: a PNG of image, classes and depth, a room a seed."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'look at the simulated rooms'
EXAMPLE = 'depth-distill simulate --look robot --rooms 6 --seed 3 rooms.png'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='PNG to write')
    parser.add_argument('--look', choices=('stream', 'robot'), default='stream',
                        help="the simulator that teaches, or the world that plays the robot's")
    parser.add_argument('--rooms', type=int, default=6)
    parser.add_argument('--seed', type=int, default=0, help='of the first room; the next follow')


def run(arguments: argparse.Namespace) -> int:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.simulation.contact_sheet import write_contact_sheet

    seeds = range(arguments.seed, arguments.seed + arguments.rooms)
    print(write_contact_sheet(arguments.out, arguments.look, seeds))
    return 0
