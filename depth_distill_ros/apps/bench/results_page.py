# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md: the page that shows results.json."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from depth_distill_ros.files import write_text

_HEAD = """# Results

Written by `depth-distill bench paper` from its results.json: do not edit. "paper" is what the
paper states for its own data. "ours" is what the rows of the named preset measured: mean over the
seeds ± standard deviation, which is unknown for one seed. Data and networks differ from the
paper's, so only the order of the rows can be compared. Minutes are wall-clock time of all seeds
together. The blind map is the per-pixel median baseline, which never looks at the image.
"""


# by preset, the target domain; the nearest to a robot's first
_TARGETS = {'real': 'Images of a camera',
            'real-full': "Images of a camera, the paper's recipe",
            'full': "The papers' data sets and networks", 'small': 'Rendered rooms'}
_NAMES = ("Data sets and pairs of networks have the paper's names in the tables. What stands for "
          'them here, and how it was trained:\n')


def write_report(results: Mapping[str, Any], path: Path) -> None:
    """Write all tables of a results.json."""
    parts = [_HEAD]
    for preset, target in _TARGETS.items():
        tables = [table for table in results.values() if table['preset'] == preset]
        if tables:
            parts += [f'## {target}\n', *_notes(tables), *map(_section, tables)]
    write_text(path, '\n'.join(parts))


def _notes(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return each note once, after the titles of its tables."""
    titles: dict[str, list[str]] = {}
    for table in tables:
        titles.setdefault(table['note'], []).append(table['title'].partition(':')[0])
    lines = [f'- {", ".join(of)}: {note}' for note, of in titles.items() if note]
    return [_NAMES, '\n'.join(lines) + '\n'] if lines else []


def _section(table: Mapping[str, Any]) -> str:
    parts = [f'### {table["title"]}\n', _rows(table), f'{_cost(table)}\n']
    # absent in results of version 0.1
    if baselines := table.get('baselines'):
        parts.append('Without looking at the image: ' + '; '.join(
            f'{name} delta1 {found["delta1"]:.3f}, rmse {found["rmse"]:.3f}'
            for name, found in baselines.items()) + '.\n')
    if gains := table.get('gain'):
        parts.append('Gain in delta1, (row - blind map) / (teacher - blind map):\n\n' + '\n'.join(
            f'- {line}: {gain:.2f}' for line, gain in gains.items()) + '\n')
    if shares := table['share_of_gap']:
        parts.append('Share of the gap in delta1 between KD-OOD on the same simulated images and '
                     'the student with measured depth, ± standard deviation of the gain:\n\n'
                     + '\n'.join(f'- {line}: {_part(share)}' for line, share in shares.items())
                     + '\n')
    if lines := _disagreements(table):
        parts.append("Where the order is not the paper's (means over the seeds that both rows "
                     'have, so they may differ from the table):\n\n'
                     + '\n'.join(f'- {line}' for line in lines) + '\n')
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
    minutes = sum(row.get('minutes', 0.0) for row in table['rows'])
    machines = {_machine(row['device']) for row in table['trained'] if 'device' in row}
    versions = ', '.join(f'{name} {version}' for name, version in table['versions'].items())
    where = f'Trained in {minutes:.0f} minutes on {" and ".join(sorted(machines))}; '
    return f'{where if machines else ""}{versions}.'


def _machine(device: Mapping[str, Any]) -> str:
    where = device.get('gpu') or (f'{device["threads"]} of {device["cores"]} cores of '
                                  f'{device["cpu"]}')
    return f'{where} ({device["computed"]})'


def _part(share: Mapping[str, Any]) -> str:
    spread = f' ± {100 * share["spread"]:.0f}' if share['spread'] is not None else ''
    return f'{100 * share["share"]:.0f}{spread} % of {share["gap"]:.3f}, {_seeds(share["seeds"])}'


def _seeds(seeds: Collection[Any]) -> str:
    return f'{len(seeds)} seeds' if len(seeds) > 1 else 'one seed'


def _disagreements(table: Mapping[str, Any]) -> list[str]:
    """Return a line for each two rows in another order than the paper's, compared by seed."""
    metric = 'delta1' if 'delta1' in table['metrics'] else table['metrics'][0]
    rows = [row for row in table['rows'] if metric in row['paper'] and metric in row['ours']]
    lines = []
    for one, other in combinations(rows, 2):
        if one.get('pair') != other.get('pair'):
            continue
        mine, its = (row['by_seed'][metric] for row in (one, other))
        seeds = sorted(mine.keys() & its.keys())
        apart = [mine[seed] - its[seed] for seed in seeds]
        paper = one['paper'][metric] - other['paper'][metric]
        if seeds and paper * mean(apart) < 0:
            here = ' and '.join(f'{mean(row[seed] for seed in seeds):.3f}' for row in (mine, its))
            lines.append(f'{_name(table, one)} and {_name(table, other)}: paper '
                         f'{one["paper"][metric]:.3f} and {other["paper"][metric]:.3f}, here '
                         f'{here} ({_seeds(seeds)}{_doubt(apart)})')
    return lines


def _name(table: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return ' '.join(row[key] for key in table['keys'] if key != 'pair' and row[key])


def _doubt(apart: Sequence[float]) -> str:
    scattered = len(apart) > 1 and abs(mean(apart)) < stdev(apart)
    return ', within the standard deviation of their difference' if scattered else ''
