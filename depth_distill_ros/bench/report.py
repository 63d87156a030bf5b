# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""results.json as a page for people: RESULTS.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import mean, stdev
from typing import Any

_HEAD = """# Results

Written by `depth-distill bench paper` from its results.json: do not edit. "paper" is what the
paper states for its own data, "ours" what the rows of the named preset measured: means over the
seeds, ± their standard deviation. Of a row with one seed the scatter is not known. The figures of
the paper and ours are of other pictures and networks: what can be compared is the order of rows.
"""


def write_report(results: Mapping[str, Any], path: Path) -> None:
    """Write all tables of a results.json."""
    path.write_text('\n'.join([_HEAD, *map(_section, results.values())]), encoding='utf-8')


def _section(table: Mapping[str, Any]) -> str:
    parts = [f'## {table["title"]}\n', _rows(table), f'{table["note"]} {_cost(table)}\n'.lstrip()]
    if shares := table['share_of_gap']:
        parts.append('Of the gap in delta1 between KD-OOD and the student with measured depth: '
                     + ', '.join(f'{line} {_percent(share)}' for line, share in shares.items())
                     + '.\n')
    if lines := _disagreements(table):
        parts.append("Where the order is not the paper's:\n\n" + '\n'.join(
            f'- {line}' for line in lines) + '\n')
    parts += [f'![{figure}]({figure})\n' for figure in table['figures']]
    return '\n'.join(parts)


def _rows(table: Mapping[str, Any]) -> str:
    keys, metrics = table['keys'], table['metrics']
    whose = ['paper', 'ours'] if any(row['paper'] for row in table['rows']) else ['ours']
    columns = [(metric, who) for metric in metrics for who in whose]
    lines = [[*keys, *(f'{metric} {who}' for metric, who in columns), 'seeds', 'minutes'],
             [*('---' for _ in keys), *('---:' for _ in columns), '---:', '---:']]
    lines += [[*(row[key] for key in keys), *(_figure(row, *column) for column in columns),
               str(row.get('seeds') or '-'), f'{row.get("minutes", 0.0):.0f}']
              for row in table['rows']]
    return '\n'.join(f'| {" | ".join(cells)} |' for cells in lines) + '\n'


def _figure(row: Mapping[str, Any], metric: str, whose: str) -> str:
    if metric not in row[whose]:
        return '-'
    spread = row.get('spread', {}).get(metric) if whose == 'ours' else None
    return f'{row[whose][metric]:.3f}' + (f' ± {spread:.3f}' if spread is not None else '')


def _cost(table: Mapping[str, Any]) -> str:
    device, minutes = table['device'], sum(row.get('minutes', 0.0) for row in table['rows'])
    where = device.get('gpu') or (f'{device["threads"]} of {device["cores"]} cores of '
                                  f'{device["cpu"]}')
    versions = ', '.join(f'{name} {version}' for name, version in table['versions'].items())
    return f'Trained in {minutes:.0f} minutes on {where} ({device["computed"]}); {versions}.'


def _percent(share: Sequence[float]) -> str:
    spread = f' ± {100 * stdev(share):.0f}' if len(share) > 1 else ''
    seeds = f' ({len(share)} seeds)' if len(share) > 1 else ''
    return f'{100 * mean(share):.0f}{spread} %{seeds}'


def _disagreements(table: Mapping[str, Any]) -> list[str]:
    """Return a line for each two rows that the paper has in the other order than we."""
    metric = 'delta1' if 'delta1' in table['metrics'] else table['metrics'][0]
    rows = [row for row in table['rows'] if metric in row['paper'] and metric in row['ours']]
    lines = []
    for one, other in combinations(rows, 2):
        if one.get('pair') != other.get('pair'):
            continue
        paper, ours = (one[who][metric] - other[who][metric] for who in ('paper', 'ours'))
        if paper * ours < 0:
            lines.append(f'{_name(table, one)} and {_name(table, other)}: paper '
                         f'{one["paper"][metric]:.3f} and {other["paper"][metric]:.3f}, here '
                         f'{one["ours"][metric]:.3f} and {other["ours"][metric]:.3f}'
                         + _doubt(one, other, metric, abs(ours)))
    return lines


def _name(table: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return ' '.join(row[key] for key in table['keys'] if key != 'pair' and row[key])


def _doubt(one: Mapping[str, Any], other: Mapping[str, Any], metric: str, apart: float) -> str:
    spreads = [row['spread'][metric] for row in (one, other) if metric in row.get('spread', {})]
    if not spreads:
        return ' (one seed)'
    return ' (less apart than seeds are)' if apart < max(spreads) else ''
