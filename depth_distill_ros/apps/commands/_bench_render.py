# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill bench render: the target domain of the benchmark, path-traced rooms from seeds.

Makes DIR/train, DIR/val and DIR/test, each a data set for folder:PATH: images, exact depth and
classes. The same command resumes an interrupted run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from depth_distill_ros.datasets.readers.folder import FolderReader
from depth_distill_ros.spread import evenly_spread
from depth_distill_ros.worlds.contact_sheet import write_contact_sheet
from depth_distill_ros.worlds.path_traced.dataset import render
from depth_distill_ros.worlds.path_traced.world import PRESETS

HELP = "render the benchmark's target domain: path-traced rooms from seeds"
EXAMPLE = 'depth-distill bench render --preset small --out data/rooms'

_SHOWN = 24


def run(arguments: argparse.Namespace) -> int:
    console, folder = Console(highlight=False, markup=False), Path(arguments.out)
    render(PRESETS[arguments.preset], folder, arguments.jobs, console.print)
    console.print(f'contact sheet: {write_sheet(folder)}')
    return 0


def write_sheet(folder: Path) -> Path:
    """Write ``folder/contact_sheet.png`` with frames of many rooms of the test split."""
    reader = FolderReader(folder / 'test')
    return write_contact_sheet(
        folder / 'contact_sheet.png',
        (reader[index] for index in evenly_spread(len(reader), _SHOWN)), columns=3)
