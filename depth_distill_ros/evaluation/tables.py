# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The papers' tables, and our results beside them.

``papers/`` holds the tables as printed, with the same name for a method or a metric in all of
them: a paper's "Ours" is D3, LWD or DACNN, and columns have this package's names. Of LWD's figure
7 only the end points are known, from its text. Tables beyond the papers have only our rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import csv
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.terminal import terminal_table

_FOLDER = Path(__file__).parent / 'papers'


@dataclass(frozen=True)
class PaperTable:
    """
    One table of a paper.

    Attributes:
        name, title: such as 'd3-3'; what it compares, on which data
        keys: the columns that identify a row
        metrics: the columns with numbers, which can be compared with ours
        rows: text by column, '' where the paper states nothing; empty for a table of ours
    """

    name: str
    title: str
    keys: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def figures(self, row: Mapping[str, str]) -> dict[str, float]:
        """Return the metrics that the paper states in a row."""
        return {metric: float(row[metric]) for metric in self.metrics if row.get(metric)}


_ACCURACY = ('rmse', 'delta1')
_EIGEN = ('abs_rel', 'sq_rel', 'rmse', 'rmse_log')
_TABLES = {
    'd3-1': ('d3_table1', 'D3 table 1: what the student is distilled on; NYU-v2 test',
             ('dataset', 'data'), ('delta1',)),
    'd3-3': ('d3_table3', 'D3 table 3: methods and pairs; NYU-v2 test',
             ('pair', 'method', 'data'), _ACCURACY),
    'd3-4': ('d3_table4', 'D3 table 4: methods, LDEN R34->MBv2; ScanNet test',
             ('method', 'data'), _ACCURACY),
    'd3-5': ('d3_table5', 'D3 table 5: ablation, LDEN R34->MBv2, X1; NYU-v2 test',
             ('variant',), _ACCURACY),
    'lwd-2': ('lwd_table2', 'LWD table 2: NYU-v2 test', ('method', 'backbone'),
              ('rmse', 'rel', 'delta1')),
    'lwd-3': ('lwd_table3', 'LWD table 3: lightweight networks; NYU-v2 test',
              ('method', 'backbone'), ('params_M', 'gpu_ms', 'delta1')),
    'lwd-4': ('lwd_table4', 'LWD table 4: SUN RGB-D', ('method',), ('rmse', 'rel', 'delta1')),
    'lwd-5': ('lwd_table5', 'LWD table 5: TUM RGB-D fr1, delta1', ('method',),
              ('360', 'desk', 'desk2', 'rpy', 'xyz')),
    'lwd-fig7': ('lwd_fig7', 'LWD figure 7: auxiliary images, delta1; NYU-v2 test',
                 ('auxiliary_images',), ('delta1_unlabelled', 'delta1_labelled')),
    'dacnn-1': ('dacnn_table1', 'DACNN table 1: KITTI, Eigen split', ('method',),
                (*_EIGEN, 'delta1', 'delta2', 'delta3')),
    'dacnn-2': ('dacnn_table2', 'DACNN table 2: KITTI benchmark', ('method',),
                ('silog', 'sq_error_rel', 'abs_error_rel', 'irmse')),
    'dacnn-3': ('dacnn_table3', 'DACNN table 3: ablation; KITTI, Eigen split', ('method',),
                _EIGEN),
}
_OURS = {
    'd3plus': PaperTable('d3plus', 'Beyond the papers: what closes more of the gap than D3',
                         ('method', 'data'), _ACCURACY, ()),
}
TABLES, OWN_TABLES = tuple(_TABLES), tuple(_OURS)


def paper_table(name: str) -> PaperTable:
    """Return one of TABLES or OWN_TABLES; DepthDistillError for another name."""
    if name in _OURS:
        return _OURS[name]
    if name not in _TABLES:
        raise DepthDistillError(
            f'no table {name!r}; choose one of {", ".join(TABLES + OWN_TABLES)}')
    file, title, keys, metrics = _TABLES[name]
    with (_FOLDER / f'{file}.csv').open(encoding='utf-8', newline='') as lines:
        return PaperTable(name, title, keys, metrics, tuple(csv.DictReader(lines)))


@dataclass(frozen=True)
class ComparedRow:
    """One row by its key columns, with the known numbers of paper and ours."""

    keys: dict[str, str]
    paper: dict[str, float]
    ours: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """A paper's table with our results beside it, or only ours if no paper has one."""

    table: PaperTable
    rows: tuple[ComparedRow, ...]

    def rich(self) -> Table:
        """Return the table for a terminal."""
        keys = self.table.keys
        figures = [(metric, whose) for metric in self.table.metrics
                   for whose in (('paper', 'ours') if self.table.rows else ('ours',))]
        rows = ([*(row.keys.get(key, '') for key in keys),
                 *(f'{getattr(row, whose)[metric]:.3f}' if metric in getattr(row, whose) else '-'
                   for metric, whose in figures)] for row in self.rows)
        return terminal_table([*keys, *map(' '.join, figures)], rows, len(keys),
                              title=self.table.title)


def beside(table: PaperTable,
           ours: Sequence[tuple[Mapping[str, str], Mapping[str, float]]]) -> Comparison:
    """
    Put our rows beside the paper's.

    Args:
        ours: for each row its key columns and its metrics; metrics that the table lacks are
            ignored. A row belongs to the paper's row with the same keys; other rows come after
            them. DepthDistillError for keys that are not the table's, or for a row given twice.
    """
    left: dict[tuple[str, ...], dict[str, float]] = {}
    for keys, metrics in ours:
        if set(keys) != set(table.keys):
            raise DepthDistillError(f'table {table.name}: a row is identified by '
                                    f'{", ".join(table.keys)}, not by {", ".join(keys)}')
        name = tuple(keys[key] for key in table.keys)
        if name in left:
            raise DepthDistillError(f'table {table.name}: two of our rows are {" ".join(name)}')
        left[name] = {metric: float(metrics[metric])
                      for metric in table.metrics if metric in metrics}
    rows = []
    for row in table.rows:
        name = tuple(row[key] for key in table.keys)
        rows.append(ComparedRow(dict(zip(table.keys, name, strict=True)), table.figures(row),
                                left.pop(name, {})))
    rows += [ComparedRow(dict(zip(table.keys, name, strict=True)), {}, figures)
             for name, figures in left.items()]
    return Comparison(table, tuple(rows))
