#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
How a student of simulated images grows with the number of images and of updates.

The general student learns by plain distillation at a constant rate from the first so many images
of a look, and reads images of half the teacher's size. What is measured stays in the folder: the
same command goes on with the trainings that are missing, and draws updates.png.

Example: python benchmarks/frames_and_updates.py nyu --frames 200 800 4800 --updates 8000 \
    --teacher METER --judge folder:nyu_v2_labelled/train,frames=250:287 --out updates
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys

from matplotlib.figure import Figure
import torch

from depth_distill_ros.evaluation.protocol import PROTOCOLS
from depth_distill_ros.files import writing

sys.path.append(str(Path(__file__).parent / 'helpers'))

from probe import FRAMES_PER_ROOM, Probe  # noqa: E402

_FIRST = 125  # updates at the first mark; each next one has twice as many
_FIGURES = {'delta1': 'δ1', 'delta1_median_scaled': 'δ1, median of each image made right'}


def marks(updates: int) -> list[int]:
    """Return 0, 125, 250, 500 and so on up to `updates`."""
    found, step = [0], _FIRST
    while step < updates:
        found.append(step)
        step *= 2
    return [*found, updates]


def draw(path: Path, rows: list[dict], levels: dict[str, float]) -> None:
    """Draw both figures over the updates, a line for each number of images."""
    figure = Figure(figsize=(9, 4), layout='constrained')
    for axes, (name, label) in zip(figure.subplots(1, 2), _FIGURES.items(), strict=True):
        for frames in sorted({row['frames'] for row in rows}):
            some = [row for row in rows if row['frames'] == frames]
            axes.plot([row['steps'] or _FIRST / 2 for row in some], [row[name] for row in some],
                      marker='o', markersize=3, label=f'{frames:,} images')
        for what, level in levels.items() if name == 'delta1' else ():
            axes.axhline(level, linestyle='--', linewidth=0.8, color='grey')
            axes.text(_FIRST / 2, level, what, fontsize=7, va='bottom')
        axes.set_xscale('log', base=2)
        at = sorted({row['steps'] for row in rows})
        axes.set_xticks([step or _FIRST / 2 for step in at], [f'{step:,}' for step in at])
        axes.tick_params(axis='x', labelrotation=45)
        axes.set_xlabel('updates, eight images each')
        axes.set_title(label, fontsize=9)
        axes.legend(fontsize=7)
    with writing(path):
        figure.savefig(path, dpi=100)


def main() -> None:
    """Train on each number of images that has no figures yet, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('look', help='or its YAML file')
    parser.add_argument('--frames', type=int, nargs='+', default=[200, 800, 4800])
    parser.add_argument('--updates', type=int, default=8000)
    parser.add_argument('--augmentation', type=float, default=0.0)
    parser.add_argument('--teacher', required=True, help='that knows the images of the camera')
    parser.add_argument('--judge', nargs='+', required=True, metavar='KIND:PATH',
                        help='images of the camera with measured depth')
    parser.add_argument('--metrics', default='nyu-labelled', choices=PROTOCOLS)
    parser.add_argument('--vertical-fov', type=float, default=49.6, help="of the look's camera")
    parser.add_argument('--level', nargs='*', default=[], metavar='NAME=DELTA1',
                        help='lines to compare with, such as blind map=0.48')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for rendered frames, results.jsonl and updates.png')
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = arguments.out / 'results.jsonl'
    rows = [json.loads(line) for line in results.read_text(encoding='utf-8').splitlines()] \
        if results.exists() else []
    probe = Probe(arguments.teacher, arguments.judge, arguments.metrics)
    spec = probe.rendered(arguments.look, max(arguments.frames) // FRAMES_PER_ROOM,
                          arguments.vertical_fov, arguments.out)
    for frames in sorted(set(arguments.frames) - {row['frames'] for row in rows}):
        new = []
        for found in probe.trained(f'{spec},frames=0:{frames}', arguments.seed,
                                   marks(arguments.updates), 'constant', arguments.augmentation):
            new.append({'frames': frames, 'seed': arguments.seed, **found})
            print(json.dumps(new[-1]), flush=True)
        rows += new
        with open(results, 'a', encoding='utf-8') as file:
            file.writelines(json.dumps(row) + '\n' for row in new)
    levels = dict(level.rsplit('=', 1) for level in arguments.level)
    draw(arguments.out / 'updates.png', rows, {name: float(at) for name, at in levels.items()})


if __name__ == '__main__':
    main()
