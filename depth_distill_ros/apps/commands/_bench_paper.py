# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill bench paper: run a table of the papers on your data; print ours beside theirs.

Every row is a training in its own folder under --out. The same command resumes an interrupted run,
and another table in the same folder reuses the rows that both have.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from depth_distill_ros.apps.bench.catalogue import bench_table
from depth_distill_ros.apps.bench.paper_figures import draw_figures
from depth_distill_ros.apps.bench.preset import FULL, small
from depth_distill_ros.apps.bench.results import write_results
from depth_distill_ros.apps.bench.runner import Bench
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.tables import OWN_TABLES, TABLES

HELP = "run the rows of a paper's table and print ours beside them"
EXAMPLE = 'depth-distill bench paper --table d3-3 --preset small --out runs/d3'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--table', choices=(*TABLES, *OWN_TABLES), required=True)
    parser.add_argument('--preset', choices=('small', 'full'), default='small',
                        help='small: path-traced and simulated rooms, for two cores and hours; '
                             "full: the papers' networks, recipes and data")
    parser.add_argument('--data', nargs='+', action='extend', default=[],
                        metavar='ROLE=KIND:PATH[,KEY=VALUE...]',
                        help='data sets; an error names the roles that a table needs')
    parser.add_argument('--target', type=Path, metavar='DIR',
                        help='small preset: folder of bench render (default: OUT/target; missing '
                             'frames are rendered)')
    parser.add_argument('--rows', nargs='+', default=[], metavar='ROW',
                        help='only these rows, named like their folders under --out')
    parser.add_argument('--seeds', type=int, default=1, metavar='N',
                        help='train each row with N seeds; shows mean and standard deviation')
    parser.add_argument('--out', type=Path, required=True,
                        help='folder of the runs, results.json and RESULTS.md')


def run(arguments: argparse.Namespace) -> int:
    if arguments.seeds < 1:
        raise DepthDistillError(f'--seeds {arguments.seeds}: give at least 1')
    if arguments.target and arguments.preset == 'full':
        raise DepthDistillError(f'--target {arguments.target} belongs to --preset small; give '
                                f'--data target-train=folder:{arguments.target}/train '
                                f'target-test=folder:{arguments.target}/test')
    console = Console(highlight=False, markup=False)
    preset = small() if arguments.preset == 'small' else FULL
    bench = Bench(arguments.out, preset, _data(arguments.data), show, console.print,
                  arguments.target)
    table = bench_table(arguments.table, preset)
    runs = bench.runs(table, arguments.rows, arguments.seeds)
    left = [run for run in runs if not bench.done(*run)]
    # finished rows stay in the table even if this run is interrupted early
    outcomes = [bench.outcome(table, *run) for run in runs if run not in left]
    comparison = write_results(bench, table.name, outcomes)
    for run in left:
        outcomes.append(bench.outcome(table, *run))
        comparison = write_results(bench, table.name, outcomes)
    console.print(comparison.rich())
    figures = draw_figures(bench, table, outcomes)
    write_results(bench, table.name, outcomes, figures)
    for line in (preset.note(table.name), *(f'drawn: {path}' for path in figures),
                 f'written: {bench.folder / "RESULTS.md"}'):
        console.print(line)
    return 0


def _data(texts: list[str]) -> dict[str, str]:
    data: dict[str, str] = {}
    for text in texts:
        role, equals, spec = text.partition('=')
        if not equals or ':' in role or ':' not in spec:
            raise DepthDistillError(f'--data {text}: write ROLE=KIND:PATH, as in '
                                    'target-test=nyu:/data/nyu,split=test')
        if role in data:
            raise DepthDistillError(f'--data {role} is given twice')
        data[role] = spec
    return data
