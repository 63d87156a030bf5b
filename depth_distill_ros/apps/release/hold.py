# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill release hold: the release in use stays, whatever the distiller publishes."""

from __future__ import annotations

import argparse

from depth_distill_ros.apps.release.run_folder import add_run, control

HELP = 'take no newer release; --off: take them again'
EXAMPLE = 'depth-distill release hold runs/kitchen'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)


def run(arguments: argparse.Namespace) -> int:
    print(control(arguments).hold(not arguments.off))
    return 0
