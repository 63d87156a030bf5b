# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill release promote: a release of your choice answers from now on."""

from __future__ import annotations

import argparse

from depth_distill_ros.apps.release.run_folder import add_number, add_run, control

HELP = 'put a release in use; newer ones are taken as they come, unless they are held'
EXAMPLE = 'depth-distill release promote runs/kitchen 12'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_number(parser, 'the newest')


def run(arguments: argparse.Namespace) -> int:
    print(control(arguments).promote(arguments.number or 0, arguments.why))
    return 0
