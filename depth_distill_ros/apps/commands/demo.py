# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the whole loop in simulation, show its state, and write a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from depth_distill_ros.settings.launch import LoopLaunch

HELP = 'run the whole loop in simulation and write a report'
EXAMPLE = 'depth-distill demo --minutes 5 --work-dir demo_run'


def run(arguments: argparse.Namespace) -> int:
    from depth_distill_ros.apps.demo.demo import run_demo

    return run_demo(Path(arguments.work_dir), arguments.minutes * 60.0, LoopLaunch(
        seed=arguments.seed, teacher=arguments.teacher, robot_frames=arguments.robot_frames,
        params_file=arguments.params_file), arguments.view)
