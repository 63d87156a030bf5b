# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""results.json: our results beside the paper's, by preset/table, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
import fcntl
import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from depth_distill_ros.apps.bench.baselines import BLIND, baselines
from depth_distill_ros.apps.bench.gap import gains, shares_of_gap
from depth_distill_ros.apps.bench.machine import versions
from depth_distill_ros.apps.bench.results_page import write_report
from depth_distill_ros.apps.bench.runner import Bench, Outcome
from depth_distill_ros.apps.bench.table import BenchTable
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.tables import Comparison, PaperTable, beside, paper_table
from depth_distill_ros.files import write_json, writing


def compared(name: str, outcomes: Sequence[Outcome]) -> Comparison:
    """Put the means over seeds beside the paper's rows; only pairs that were run are kept."""
    paper = paper_table(name)
    comparison = beside(paper, [(dict(keys), line['ours'])
                                for keys, line in _lines(paper, outcomes).items()])
    if 'pair' not in paper.keys:
        return comparison
    pairs = {row.keys['pair'] for row in comparison.rows if row.ours}
    return replace(comparison, rows=tuple(
        row for row in comparison.rows if row.keys['pair'] in pairs))


def write_results(bench: Bench, table: BenchTable, outcomes: Sequence[Outcome],
                  figures: Sequence[Path] | None = None) -> Comparison:
    """Update results.json and RESULTS.md; without new figures the old ones stay."""
    name = table.name
    comparison, blind = compared(name, outcomes), baselines(bench, table, outcomes)
    path = bench.folder / 'results.json'
    try:
        with writing(path):
            bench.folder.mkdir(parents=True, exist_ok=True)
            lock = open(bench.folder / '.results.lock', 'w')
        # another table may be running in the same folder
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            results = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
            # files of version 0.1 have the names of tables alone
            results = {key if '/' in key else f'{entry["preset"]}/{key}': entry
                       for key, entry in results.items()}
            key = f'{bench.preset.name}/{name}'
            before = results.get(key, {}).get('figures', [])
            results[key] = {
                **_entry(bench, comparison, outcomes), 'baselines': blind,
                'gain': gains(outcomes, blind.get(BLIND, {}).get('delta1')),
                'figures': before if figures is None else [figure.name for figure in figures]}
            write_json(path, results)
            write_report(results, bench.folder / 'RESULTS.md')
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DepthDistillError(f'{path} is damaged or of another version ({error}); move it '
                                'away, finished rows are kept') from error
    return comparison


def _entry(bench: Bench, comparison: Comparison, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    table = comparison.table
    lines = _lines(table, outcomes)
    return {
        'title': table.title, 'keys': table.keys, 'metrics': table.metrics,
        'preset': bench.preset.name, 'note': bench.preset.note(table.name),
        'versions': versions(),
        'rows': [{**row.keys, **lines.get(tuple(row.keys.items()), {}),
                  'paper': row.paper, 'ours': row.ours} for row in comparison.rows],
        'share_of_gap': shares_of_gap(outcomes),
        'trained': [{'row': o.row.name, 'seed': o.seed, 'figures': o.figures,
                     **{k: v for k, v in o.record.items() if k not in ('evaluated', 'judged')}}
                    for o in outcomes]}


def _lines(paper: PaperTable, outcomes: Sequence[Outcome],
           ) -> dict[tuple[tuple[str, str], ...], dict[str, Any]]:
    """
    Return each line of the table by its keys.

    ours: means over seeds; spread: standard deviations; by_seed: the single values; seeds: their
    number; minutes: training time of all seeds together, extrapolated from the last session if a
    training was interrupted.
    """
    outcomes_of: dict[tuple[tuple[str, str], ...], list[Outcome]] = {}
    for outcome in outcomes:
        keys = tuple((key, outcome.row.keys[key]) for key in paper.keys if key in outcome.row.keys)
        outcomes_of.setdefault(keys, []).append(outcome)
    lines = {}
    for keys, same in outcomes_of.items():
        by_seed = {name: {str(o.seed): o.figures[name] for o in same if name in o.figures}
                   for name in paper.metrics}
        values = {name: list(found.values()) for name, found in by_seed.items() if found}
        lines[keys] = {
            'ours': {name: mean(found) for name, found in values.items()},
            'spread': {name: stdev(found) for name, found in values.items() if len(found) > 1},
            'by_seed': by_seed, 'seeds': max(map(len, values.values()), default=0),
            'minutes': round(sum(_seconds(o.record) for o in same) / 60, 1)}
    return lines


def _seconds(record: Mapping[str, Any]) -> float:
    if not record:  # a model that is not trained
        return 0.0
    return record['seconds'] * record['steps'] / (record['steps_of_them'] or record['steps'])
