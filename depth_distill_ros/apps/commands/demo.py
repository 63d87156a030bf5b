# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Run the whole loop in simulation, show it live, and leave a report."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'run the whole loop in simulation and leave a report'
EXAMPLE = 'depth-distill demo --minutes 5 --work-dir demo_run'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--minutes', type=float, default=5.0, help='how long to learn')
    parser.add_argument(
        '--work-dir', type=Path, default=Path('demo_run'),
        help='folder of everything the demo writes; an older one is moved aside')
    parser.add_argument('--seed', type=int, default=0, help='of rooms and training')
    parser.add_argument('--teacher', default='', help='folder of a teacher (default: shipped)')
    parser.add_argument(
        '--params-file', default='', help="the nodes' parameters (default: config/demo.yaml)")


def run(arguments: argparse.Namespace) -> int:
    from depth_distill_ros.apps.demo.demo import DemoOptions, run_demo

    return run_demo(DemoOptions(
        arguments.minutes * 60.0, arguments.work_dir, arguments.seed, arguments.teacher,
        arguments.params_file))
