# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill release rollback: the last good release answers again.

The one that was in use is not taken again by itself.
"""

from __future__ import annotations

import argparse

from depth_distill_ros.apps.release.run_folder import add_run, control

HELP = 'put the last good release in use again'
EXAMPLE = "depth-distill release rollback runs/kitchen --why 'chairs are missing'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)


def run(arguments: argparse.Namespace) -> int:
    print(control(arguments).rollback(arguments.why))
    return 0
