#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
How near simulated images are to a camera's: one short training on each, judged on the camera's.

A stream is a look, a look's YAML file, or KIND:PATH. The general student learns from it by plain
distillation with the random camera augmentation, and reads images of half the teacher's size. l_BN
(eq. 6) is that of 32 images. The first line is the student that has not learned.

Example: python benchmarks/look_probe.py nyu mine.yaml --teacher METER \
    --judge folder:nyu_v2_labelled/train,frames=250:287 --out probe
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
import time

from rich.console import Console
import torch

from depth_distill_ros.evaluation.terminal import terminal_table

sys.path.append(str(Path(__file__).parent / 'helpers'))

from probe import BATCH, Probe, add_arguments  # noqa: E402

# by name of a figure, its heading and format
_COLUMNS = {'images': ('images', '.0f'), 'delta1': ('δ1', '.3f'),
            'delta1_median_scaled': ('δ1, scaled', '.3f'), 'rmse': ('RMSE, m', '.3f'),
            'l_bn': ('l_BN', '.0f'), 'seconds': ('CPU, s', '.0f')}


def main() -> None:
    """Train on each stream, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('streams', nargs='+', metavar='STREAM')
    add_arguments(parser)
    parser.add_argument('--images', type=int, default=4000, help='that a student is trained on')
    parser.add_argument('--rooms', type=int, default=100, help='of a look, eight frames each')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--out', type=Path, default=Path('look_probe'),
                        help='folder for rendered frames and results.jsonl')
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    probe = Probe(arguments)
    steps, console, cells = arguments.images // BATCH, Console(), []
    arguments.out.mkdir(parents=True, exist_ok=True)
    with console.status('') as status:
        for stream in arguments.streams:
            status.update(f'{stream}: rendering')
            spec = stream if ':' in stream else probe.rendered(
                stream, arguments.rooms, arguments.out)
            seen = probe.seen(spec)
            for seed in arguments.seeds:
                began = time.process_time()
                for found in probe.trained(spec, seed, (0, steps // 2, steps)):
                    row = {'stream': stream, 'seed': seed, **seen, **found,
                           'seconds': time.process_time() - began}
                    with open(arguments.out / 'results.jsonl', 'a', encoding='utf-8') as file:
                        file.write(json.dumps(row) + '\n')
                    cells.append((stream, str(seed), *(
                        format(row[name], how) for name, (_, how) in _COLUMNS.items())))
                    status.update(f'{stream}, seed {seed}: {cells[-1]}')
    console.print(terminal_table(
        ('stream', 'seed', *(heading for heading, _ in _COLUMNS.values())), cells))


if __name__ == '__main__':
    main()
