# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The papers' tables are whole, and our rows come to stand beside theirs."""


import pytest
from rich.console import Console

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.tables import TABLES, beside, paper_table


@pytest.mark.parametrize('name', TABLES)
def test_every_table_has_figures_and_names_each_row_once(name):
    table = paper_table(name)
    names = [tuple(row[key] for key in table.keys) for row in table.rows]
    assert len(set(names)) == len(names) > 2
    figures = [table.figures(row) for row in table.rows]
    assert set().union(*figures) == set(table.metrics)
    for row in figures:
        assert all(0 <= row[metric] <= 1 for metric in row if metric.startswith('delta'))


@pytest.mark.parametrize('name, keys, figures', [
    ('d3-3', {'pair': 'LDEN R34->MBv2', 'method': 'D3', 'data': 'X1'},
     {'rmse': 0.600, 'delta1': 0.742}),
    ('d3-4', {'method': 'KD-OOD', 'data': 'X2'}, {'rmse': 0.477, 'delta1': 0.618}),
    ('lwd-5', {'method': "LWD Ns(X+U')"}, {'xyz': 0.905}),
    ('lwd-fig7', {'auxiliary_images': '204.2K'}, {'delta1_unlabelled': 0.837}),
    ('dacnn-1', {'method': 'DACNN'}, {'sq_rel': 0.304, 'delta1': 0.939}),
    ('dacnn-2', {'method': 'DACNN'}, {'silog': 12.95, 'irmse': 13.95})])
def test_the_papers_figures_are_those_printed(name, keys, figures):
    table = paper_table(name)
    row, = (row for row in table.rows if keys.items() <= row.items())
    assert figures.items() <= table.figures(row).items()


def test_a_figure_that_the_paper_does_not_state_is_not_there():
    table = paper_table('dacnn-1')
    row, = (row for row in table.rows if row['method'] == 'Yin et al.')
    assert 'sq_rel' not in table.figures(row)


def compared():
    return beside(paper_table('d3-5'), [
        ({'variant': 'Without G'}, {'rmse': 0.7, 'delta1': 0.5, 'mae': 9.0}),
        ({'variant': 'Light G'}, {'delta1': 0.25})])


def test_our_row_stands_beside_the_papers_and_a_new_one_after_them():
    rows = compared().rows
    assert [row.keys['variant'] for row in rows] == [
        'D3', 'Without l_rec', 'Without G', 'Without image mixing', 'Light G']
    assert (rows[2].paper, rows[2].ours) == (
        {'rmse': 0.635, 'delta1': 0.722}, {'rmse': 0.7, 'delta1': 0.5})
    assert rows[0].ours == {}
    assert (rows[4].paper, rows[4].ours) == ({}, {'delta1': 0.25})


def test_the_comparison_is_read_in_a_terminal():
    console = Console(width=120, record=True, file=open('/dev/null', 'w', encoding='utf-8'))
    console.print(compared().rich())
    line, = (line for line in console.export_text().splitlines() if 'Without G' in line)
    assert line.replace('│', ' ').split() == [
        'Without', 'G', '0.635', '0.700', '0.722', '0.500']


@pytest.mark.parametrize('rows, words', [
    ([({'method': 'D3'}, {})], 'identified by variant'),
    ([({'variant': 'D3'}, {}), ({'variant': 'D3'}, {})], 'two of our rows are D3')])
def test_rows_that_belong_nowhere_or_come_twice_are_refused(rows, words):
    with pytest.raises(DepthDistillError, match=words):
        beside(paper_table('d3-5'), rows)


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(DepthDistillError, match=r'd3-9.*dacnn-3'):
        paper_table('d3-9')
