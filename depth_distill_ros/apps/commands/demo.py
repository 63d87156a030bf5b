# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the whole loop in simulation, show its state, and write a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from depth_distill_ros.apps.options import add_option
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.launch import DistillationLaunch

HELP = 'run the whole loop in simulation and write a report'
EXAMPLE = 'depth-distill demo --minutes 5 --work-dir demo_run'
_SETTINGS = ('seed', 'teacher', 'params_file')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--minutes', type=float, default=5.0, help='duration of the training')
    parser.add_argument(
        '--work-dir', type=Path, default=Path('demo_run'),
        help='folder for all files of the demo; an existing one is renamed')
    for name in _SETTINGS:
        add_option(parser, name, settings_of(DistillationLaunch)[name])


def run(arguments: argparse.Namespace) -> int:
    from depth_distill_ros.apps.demo.demo import run_demo

    return run_demo(arguments.work_dir, arguments.minutes * 60.0, DistillationLaunch(**{
        name: getattr(arguments, name) for name in _SETTINGS if name in arguments}))
