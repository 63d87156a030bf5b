#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a student of simulated images learns from more images, and from more updates.

The general student is trained by plain distillation at a constant rate on the first N images of a
look, for each N; its images have half the size of the teacher's. Results stay in the folder: the
same command trains what is missing, and draws updates.png.

Example: python benchmarks/frames_and_updates.py nyu --frames 200 800 4800 --updates 8000 \
    --teacher METER --judge folder:nyu_v2_labelled/train,frames=250:287 --out updates
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
import sys

from matplotlib.figure import Figure
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import writing

sys.path.append(str(Path(__file__).parent / 'helpers'))

from probe import BATCH, FRAMES_PER_ROOM, Probe, add_arguments  # noqa: E402

_FIRST = 125  # updates at the first mark; each next one has twice as many
_FIGURES = {'delta1': 'δ1', 'delta1_median_scaled': 'median-scaled δ1'}


def marks(updates: int) -> list[int]:
    """Return 0, 125, 250, 500 and so on up to `updates`."""
    found, mark = [0], _FIRST
    while mark < updates:
        found.append(mark)
        mark *= 2
    return [*found, updates]


def draw(path: Path, rows: list[dict], levels: dict[str, float]) -> None:
    """Draw both figures over the updates, a line for each number of images; `levels` are of δ1."""
    figure = Figure(figsize=(9, 4), layout='constrained')
    at = sorted({row['updates'] for row in rows})
    for axes, (name, title) in zip(figure.subplots(1, 2), _FIGURES.items(), strict=True):
        for frames in sorted({row['frames'] for row in rows}):
            some = [row for row in rows if row['frames'] == frames]
            axes.plot([_place(row['updates']) for row in some], [row[name] for row in some],
                      marker='o', markersize=3, label=f'{frames:,} images')
        for what, level in levels.items() if name == 'delta1' else ():
            axes.axhline(level, linestyle='--', linewidth=0.8, color='grey')
            axes.text(_place(0), level, what, fontsize=7, va='bottom')
        axes.set_xscale('log', base=2)
        axes.set_xticks([_place(updates) for updates in at], [f'{updates:,}' for updates in at])
        axes.tick_params(axis='x', labelrotation=45)
        axes.set_xlabel(f'updates, {BATCH} images each')
        axes.set_title(title, fontsize=9)
        axes.legend(fontsize=7)
    with writing(path):
        figure.savefig(path, dpi=100)


def _place(updates: int) -> float:
    """Return where a logarithmic axis has so many updates, 0 too."""
    return updates or _FIRST / 2


def main() -> None:
    """Train on each number of images that has no figures yet, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('look', help='name of a look, or its YAML file')
    add_arguments(parser)
    parser.add_argument('--frames', type=int, nargs='+', default=[200, 800, 4800])
    parser.add_argument('--updates', type=int, default=8000)
    parser.add_argument('--level', nargs='*', default=[], metavar='NAME=DELTA1',
                        help='lines to compare with, such as "blind map=0.48"')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for rendered frames, results.jsonl and updates.png')
    arguments = parser.parse_args()
    if min(arguments.frames) < BATCH or arguments.updates < 1:
        parser.error(f'--frames must be at least {BATCH} and --updates at least 1')
    torch.set_num_threads(1)
    rooms = math.ceil(max(arguments.frames) / FRAMES_PER_ROOM)
    levels = dict(level.rsplit('=', 1) for level in arguments.level)
    same = {name: getattr(arguments, name) for name in (
        'look', 'teacher', 'judge', 'metrics', 'vertical_fov', 'updates', 'seed')}
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = arguments.out / 'results.jsonl'
    earlier = [json.loads(line) for line in results.read_text(encoding='utf-8').splitlines()] \
        if results.exists() else []
    rows = [row for row in earlier if row['settings'] == same]
    if len(rows) != len(earlier):
        raise DepthDistillError(f'{results} has figures of other settings; name another --out')
    probe = Probe(arguments)
    spec = probe.rendered(arguments.look, rooms, arguments.out)
    for frames in sorted(set(arguments.frames) - {row['frames'] for row in rows}):
        new = []
        for found in probe.trained(f'{spec},frames=0:{frames}', arguments.seed,
                                   marks(arguments.updates), 'constant', augmentation=0.0):
            new.append({'frames': frames, **found, 'settings': same})
            print(json.dumps({'frames': frames, **found}), flush=True)
        rows += new
        with open(results, 'a', encoding='utf-8') as file:
            file.writelines(json.dumps(row) + '\n' for row in new)
    draw(arguments.out / 'updates.png', rows, {name: float(at) for name, at in levels.items()})


if __name__ == '__main__':
    main()
