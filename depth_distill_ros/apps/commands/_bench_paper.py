# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill bench paper: run a table of the papers on your data; print ours beside theirs.

Every row is a training in its own folder under --out. The same command resumes an interrupted run,
and another table in the same folder reuses the rows that both have.
"""

from __future__ import annotations

import argparse

from rich.console import Console

from depth_distill_ros.apps.bench.catalogue import bench_table
from depth_distill_ros.apps.bench.paper_figures import draw_figures
from depth_distill_ros.apps.bench.preset import FULL, Preset, real, real_full, small
from depth_distill_ros.apps.bench.results import write_results
from depth_distill_ros.apps.bench.runner import Bench
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.errors import DepthDistillError

HELP = "run the rows of a paper's table and print ours beside them"
EXAMPLE = 'depth-distill bench paper --table d3-3 --preset small --out runs/d3'
_OTHER_TARGETS = ('d3-4', 'dacnn-1', 'dacnn-2', 'dacnn-3')


def run(arguments: argparse.Namespace) -> int:
    preset = _preset(arguments)
    console = Console(highlight=False, markup=False)
    bench = Bench(arguments.out, preset, arguments.data, show, console.print,
                  arguments.target)
    table = bench_table(arguments.table, preset)
    runs = bench.runs(table, arguments.rows, arguments.seeds)
    left = [run for run in runs if not bench.done(*run)]
    # finished rows stay in the table even if this run is interrupted early
    outcomes = [bench.outcome(table, *run) for run in runs if run not in left]
    comparison = write_results(bench, table, outcomes)
    for run in left:
        outcomes.append(bench.outcome(table, *run))
        comparison = write_results(bench, table, outcomes)
    console.print(comparison.rich())
    figures = draw_figures(bench, table, outcomes)
    write_results(bench, table, outcomes, figures)
    for line in (preset.note(table.name), *(f'drawn: {path}' for path in figures),
                 f'written: {bench.folder / "RESULTS.md"}', *bench.unused):
        console.print(line)
    return 0


def _preset(arguments: argparse.Namespace) -> Preset:
    name, table = arguments.preset, arguments.table
    if arguments.target and name != 'small':
        raise DepthDistillError(f'--target {arguments.target} belongs to --preset small; give '
                                f'--data target-train=folder:{arguments.target}/train '
                                f'target-test=folder:{arguments.target}/test')
    of_a_camera = name in ('real', 'real-full')
    if arguments.teacher and not of_a_camera:
        raise DepthDistillError(f'--teacher {arguments.teacher} belongs to --preset real; the '
                                'others have a teacher of their own')
    if of_a_camera:
        if table in _OTHER_TARGETS:
            raise DepthDistillError(f'table {table} has a target domain of its own; run it with '
                                    '--preset small or full')
        return (real if name == 'real' else real_full)(arguments.teacher or 'real')
    return small() if name == 'small' else FULL
