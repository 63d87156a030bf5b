# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models blind-map: the median depth of each pixel over a training side."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from depth_distill_ros.apps.left_out import show_each, summary
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.blind_map import learn

HELP = 'learn the map that networks are compared with: the median depth of each pixel'
EXAMPLE = 'depth-distill models blind-map --data folder:rooms/train blind_map.npz'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='new file .npz')


def run(arguments: argparse.Namespace) -> int:
    out = arguments.out
    if out.suffix != '.npz':
        raise DepthDistillError(f'{out}: name a file that ends in .npz')
    if out.exists():
        raise DepthDistillError(f'{out} exists; a blind map is never overwritten, name a new file')
    console = Console(stderr=True)
    reader = open_reader(arguments.data)
    blind = learn(reader, partial(
        track, description='frames', console=console, transient=True,
        disable=not console.is_terminal))
    blind.save(out)
    height, width = blind.depth.shape
    if arguments.per_image:
        show_each([reader])
    unused = summary([reader])
    learned = len(blind.learned)
    of_all = f' with depth of {len(reader)}' if learned < len(reader) else ''
    print(f'{out}: {height}×{width}, from {learned} frames{of_all}{unused and "; " + unused}')
    return 0
