# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill release list: all releases of a run, which one answers, and since when."""

from __future__ import annotations

import argparse
import json
import sys

from rich.box import SIMPLE_HEAD
from rich.console import Console

from depth_distill_ros.apps.release.description import described
from depth_distill_ros.apps.release.run_folder import add_run, control
from depth_distill_ros.distillation.release_folders import releases
from depth_distill_ros.evaluation.terminal import terminal_table

HELP = 'list the releases: their scores, and which one answers since when'
EXAMPLE = 'depth-distill release list runs/kitchen'
DETAILS = """δ1 is the share of pixels within a factor of 1.25 of the teacher: on held-out frames
before the release, and in operation on the robot's own frames."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)


def run(arguments: argparse.Namespace) -> int:
    found = control(arguments)
    state = found.file.read()
    rows = [described(record, state) for record in releases(
        found.root, lambda error: print(f'skipped: {error}', file=sys.stderr))]
    if arguments.json:
        print(json.dumps({'held': state.held, 'releases': rows}, indent=2))
        return 0
    cells = ((str(row['number']), row['made'], str(row['step']),
              _share(row['held_out'].get('delta1')),
              _share((row['in_operation'] or {}).get('delta1')), row['status']) for row in rows)
    Console().print(terminal_table(
        ('release', 'made', 'step', 'δ1', 'in operation', 'status'), cells, 6, box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0), pad_edge=False))
    return 0


def _share(value: float | None) -> str:
    return '' if value is None else f'{value:.3f}'
