# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill release show: the figures of a release, and whether it answers."""

from __future__ import annotations

import argparse
import json

from depth_distill_ros.apps.release.description import described
from depth_distill_ros.apps.release.run_folder import add_number, add_run, control
from depth_distill_ros.distillation.operation.release_state import ReleaseStateError
from depth_distill_ros.distillation.release_folders import record_of

HELP = 'show the figures of a release, and whether it answers'
EXAMPLE = 'depth-distill release show runs/kitchen 12'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_number(parser, 'the one in use')


def run(arguments: argparse.Namespace) -> int:
    found = control(arguments)
    state = found.file.read()
    number = arguments.number
    if not number:
        if state.in_use is None:
            raise ReleaseStateError(
                'no inference node has taken a release of this run: give a number')
        number = state.in_use.release.number
    entries = described(record_of(found.root / f'{number:06d}'), state)
    if arguments.json:
        print(json.dumps(entries, indent=2))
    else:
        for name, value in _flat(entries):
            print(f'{name}: {value}')
    return 0


def _flat(entries: dict, prefix: str = '') -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for name, value in entries.items():
        if isinstance(value, dict):
            lines += _flat(value, f'{prefix}{name}.')
        elif value not in (None, ''):
            lines.append((prefix + name, f'{value:.4f}' if isinstance(value, float) else value))
    return lines
