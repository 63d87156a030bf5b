# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ours beside the paper's, for people (table.md) and for programs (results.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import json
import platform
from statistics import mean, stdev
from typing import Any

import torch

from depth_distill_ros import __version__
from depth_distill_ros.bench.gap import shares_of_gap
from depth_distill_ros.bench.runner import Bench, Outcome
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.tables import Comparison, PaperTable, beside, paper_table


def compared(name: str, outcomes: Sequence[Outcome]) -> Comparison:
    """Set the rows beside the paper's: their means over seeds; of pairs, those that were run."""
    paper = paper_table(name)
    comparison = beside(paper, [(dict(keys), figures)
                                for keys, figures, _ in _lines(paper, outcomes)])
    if 'pair' not in paper.keys:
        return comparison
    pairs = {row.keys['pair'] for row in comparison.rows if row.ours}
    return replace(comparison, rows=tuple(
        row for row in comparison.rows if row.keys['pair'] in pairs))


def write_results(bench: Bench, name: str, outcomes: Sequence[Outcome]) -> Comparison:
    """Bring results.json and table.md of the bench's folder up to date."""
    comparison = compared(name, outcomes)
    path = bench.folder / 'results.json'
    try:
        results = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
        results[name] = {
            **comparison.as_dict(), 'preset': bench.preset.name, 'note': bench.preset.note(name),
            'device': str(bench.compute), 'threads': torch.get_num_threads(),
            'versions': {'depth_distill_ros': __version__, 'torch': torch.__version__,
                         'python': platform.python_version()},
            'spread': [{'keys': dict(keys), **spread} for keys, _, spread
                       in _lines(comparison.table, outcomes) if spread],
            'share_of_gap': shares_of_gap(outcomes),
            'trained': [{'row': o.row.name, 'seed': o.seed, 'figures': o.figures,
                         **{k: v for k, v in o.record.items() if k != 'judged'}}
                        for o in outcomes],
            'markdown': _markdown(comparison, bench, outcomes)}
        path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + '\n',
                        encoding='utf-8')
        (bench.folder / 'table.md').write_text(
            '\n'.join(entry['markdown'] for entry in results.values()), encoding='utf-8')
    except OSError as error:
        raise DepthDistillError(f'cannot write {path}: {error.strerror}') from error
    except ValueError as error:
        raise DepthDistillError(f'{path} cannot be read: {error}; move it away') from error
    return comparison


def _lines(paper: PaperTable, outcomes: Sequence[Outcome]) -> list[
        tuple[tuple[tuple[str, str], ...], dict[str, float], dict[str, Any]]]:
    """Return each line of the table: its keys, the means over seeds, and their spread."""
    lines: dict[tuple[tuple[str, str], ...], dict[str, list[float]]] = {}
    for outcome in outcomes:
        line = lines.setdefault(tuple(outcome.row.keys.items()), {})
        for name in paper.metrics:
            if name in outcome.figures:
                line.setdefault(name, []).append(outcome.figures[name])
    return [(keys, {name: mean(values) for name, values in line.items()},
             {name: stdev(values) for name, values in line.items() if len(values) > 1})
            for keys, line in lines.items()]


def _markdown(comparison: Comparison, bench: Bench, outcomes: Sequence[Outcome]) -> str:
    parts = [f'## {comparison.table.title}\n', comparison.markdown()]
    for keys, _, spread in _lines(comparison.table, outcomes):
        if spread:
            parts.append(f'{" ".join(value for _, value in keys)}, standard deviation over seeds: '
                         + ', '.join(f'{name} {value:.3f}' for name, value in spread.items())
                         + '\n')
    if shares := shares_of_gap(outcomes):
        parts.append('Of the gap in delta1 between KD-OOD and the student with measured depth: '
                     + ', '.join(f'{line} {_percent(share)}' for line, share in shares.items())
                     + '\n')
    minutes = sum(o.record.get('seconds', 0.0) for o in outcomes) / 60
    note = bench.preset.note(comparison.table.name)
    parts.append(f'{note} Trained in {minutes:.0f} minutes on {bench.compute}.\n'
                 .lstrip())
    return '\n'.join(parts)


def _percent(share: Sequence[float]) -> str:
    spread = f' (± {100 * stdev(share):.0f})' if len(share) > 1 else ''
    return f'{100 * mean(share):.0f} %{spread}'
