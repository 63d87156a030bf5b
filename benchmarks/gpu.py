#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Everything that only a GPU can show, in one command and a fixed time.

The parts run in the order of their worth, each in a process of its own with a time limit of its
own, and write DIR/PART.json after each figure. What a part lacks (a package, data, a GPU) is named
there, and the next part runs. Training takes the minutes that are left; it resumes where DIR holds
an earlier one. --prepare makes the training data beforehand, on any CPU. No network is needed.

    python benchmarks/gpu.py --prepare build/gpu_data --labelled folder:nyu_v2_labelled/train
    python benchmarks/gpu.py --minutes 10 --data build/gpu_data --out results
    python benchmarks/gpu.py --minutes 3 --device cpu --small --out results     # to try it
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
import subprocess
import sys
import time

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'benchmarks')]

# name: share of all minutes that the part may take at most; train takes what is left
PARTS = {'machine': 0.05, 'correctness': 0.12, 'step': 0.25, 'engines': 0.15, 'beside': 0.08,
         'tests': 0.1, 'train': 1.0}
_GRACE = 5.0  # seconds between the request to end and the kill


def main() -> None:
    """Run the parts, or one of them in this process, or prepare the data."""
    a = arguments()
    if a.prepare:
        from gpu_parts.prepare import prepare
        prepare(a.prepare, a.labelled, a.frames, a.small)
        return
    a.out.mkdir(parents=True, exist_ok=True)
    if a.part:
        run_here(a)
        return
    ends = time.monotonic() + 60 * a.minutes
    summary: dict[str, dict] = {}
    for name, share in PARTS.items():
        if a.only and name not in a.only:
            continue
        limit = min(ends - time.monotonic(), 60 * a.minutes * share)
        if limit <= 1:
            summary[name] = {'state': 'no time was left'}
        else:
            summary[name] = run_part(name, limit, a.out)
        (a.out / 'summary.json').write_text(json.dumps(summary, indent=1))
        print(f'{name}: {summary[name]["state"]}', flush=True)


def run_part(name: str, limit: float, out: Path) -> dict[str, object]:
    """Run a part in a process of its own for at most so many seconds."""
    began = time.monotonic()
    command = [sys.executable, __file__, *sys.argv[1:], '--part', name, '--limit', f'{limit:.0f}']
    with (out / f'{name}.log').open('w') as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path[:2])})
        try:
            code = process.wait(limit + _GRACE)
            state = 'done' if code == 0 else f'ended with code {code}, see {name}.log'
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            state = f'stopped after {limit:.0f} s; its figures until then are kept'
    return {'state': state, 'seconds': round(time.monotonic() - began, 1)}


def run_here(a: argparse.Namespace) -> None:
    """Run one part, which ends by itself before its limit."""
    import importlib

    from gpu_parts.results import Results
    results = Results(a.out / f'{a.part}.json', a.limit)
    try:
        part = importlib.import_module(f'gpu_parts.{a.part}')
        part.run(a, results)
    except ImportError as error:
        results.missing(str(error))
        raise


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=10.0, help='for all parts together')
    parser.add_argument('--out', type=Path, default=Path('gpu_results'))
    parser.add_argument('--device', default='', help='cuda, cpu, ...; empty: the best available')
    parser.add_argument('--only', nargs='+', choices=PARTS, help='these parts')
    parser.add_argument('--small', action='store_true', help='small networks, images and batches')
    parser.add_argument('--data', type=Path, help='what --prepare made')
    parser.add_argument('--prepare', type=Path, metavar='DIR', help='make the training data')
    parser.add_argument('--labelled', default='', metavar='KIND:PATH',
                        help='with --prepare: real frames with depth, for teacher and evaluation')
    parser.add_argument('--frames', type=int, default=1500,
                        help='with --prepare: simulated frames; 50 MB in all at most')
    parser.add_argument('--part', choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument('--limit', type=float, default=60.0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == '__main__':
    main()
