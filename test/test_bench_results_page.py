# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md names rows in another order than the paper's, shares of the gap, and machines."""

import pytest

from depth_distill_ros.apps.bench.results_page import write_report

CPU = {'cpu': 'EPYC', 'cores': 2, 'threads': 1, 'computed': 'cpu, bf16'}


def row(variant, paper, *ours):
    seeds = {str(seed): value for seed, value in enumerate(ours)}
    return {'variant': variant, 'paper': {'delta1': paper}, 'seeds': len(ours), 'minutes': 3.0,
            'ours': {'delta1': sum(ours) / len(ours)}, 'by_seed': {'delta1': seeds}}


def text(tmp_path, *rows, shares=None, devices=(CPU,), **more):
    write_report({'small/d3-5': {
        'title': 'Ablation', 'preset': 'small', 'keys': ['variant'], 'metrics': ['delta1'],
        'note': 'Small.', 'rows': rows, 'share_of_gap': shares or {}, 'figures': [],
        'versions': {'torch': '2.15'}, 'trained': [{'device': device} for device in devices],
        **more,
    }}, tmp_path / 'RESULTS.md')
    return (tmp_path / 'RESULTS.md').read_text()


@pytest.mark.parametrize(('ours', 'said'), [
    ([(0.69, 0.71, 0.70), (0.72, 0.74, 0.73)], 'here 0.700 and 0.730 (3 seeds)'),
    ([(0.69, 0.71, 0.70), (0.72, 0.70, 0.71)],
     'here 0.700 and 0.710 (3 seeds, within the standard deviation of their difference)'),
    # the whole has 0.70 in the mean and 0.69 with the seed that both have
    ([(0.69, 0.71, 0.70), (0.695,)], 'here 0.690 and 0.695 (one seed)')])
def test_rows_are_compared_seed_by_seed(tmp_path, ours, said):
    whole, without = ours
    page = text(tmp_path, row('D3', 0.742, *whole), row('Without G', 0.722, *without))
    assert f'- D3 and Without G: paper 0.742 and 0.722, {said}\n' in page


def test_rows_in_the_papers_order_are_not_named(tmp_path):
    # seed by seed, too
    page = text(tmp_path, row('D3', 0.742, 0.68, 0.72), row('Without G', 0.722, 0.675))
    assert "Where the order is not the paper's" not in page


def test_lists_of_the_order_say_which_seeds_they_compare(tmp_path):
    page = text(tmp_path, row('D3', 0.742, 0.69, 0.71), row('Without G', 0.722, 0.695))
    assert ("Where the order is not the paper's (means over the seeds that both rows have, so "
            'they may differ from the table):\n\n- D3 and Without G') in page


def test_a_note_stands_once_before_the_tables_of_its_preset(tmp_path):
    entry = {'preset': 'small', 'keys': ['variant'], 'metrics': ['delta1'], 'rows': [],
             'figures': [], 'share_of_gap': {}, 'versions': {'torch': '2.15'}, 'trained': []}
    write_report({
        'small/d3-1': {**entry, 'title': 'D3 table 1: data', 'note': 'NYU-v2 is rooms.'},
        'small/d3-5': {**entry, 'title': 'D3 table 5: ablation', 'note': 'NYU-v2 is rooms.'},
        'small/lwd-2': {**entry, 'title': 'LWD table 2: methods', 'note': 'X is 1000 images.'},
    }, tmp_path / 'RESULTS.md')
    page = (tmp_path / 'RESULTS.md').read_text()
    before = page.partition('\n## Rendered rooms\n')[2].partition('\n### ')[0]
    assert before.endswith("have the paper's names in the tables. What stands for them here, and "
                           'how it was trained:\n\n- D3 table 1, D3 table 5: NYU-v2 is rooms.\n'
                           '- LWD table 2: X is 1000 images.\n')
    assert page.count('NYU-v2 is rooms.') == page.count('X is 1000 images.') == 1


def test_a_share_comes_with_the_gap_its_scatter_and_its_seeds(tmp_path):
    page = text(tmp_path, shares={
        'D3 X1': {'share': 0.183, 'spread': 0.186, 'gap': 0.025, 'seeds': [0, 1, 2]},
        'D3 X2': {'share': 0.45, 'spread': None, 'gap': 0.036, 'seeds': [0]}})
    assert '- D3 X1: 18 ± 19 % of 0.025, 3 seeds\n- D3 X2: 45 % of 0.036, one seed\n' in page


def test_what_needs_no_look_at_the_image_stands_beside_the_gains(tmp_path):
    page = text(tmp_path, baselines={'constant': {'delta1': 0.257, 'rmse': 1.016},
                                     'blind map': {'delta1': 0.584, 'rmse': 0.783}},
                gain={'D3 X1': 0.4312, 'Random noise None': -0.01})
    assert ('constant delta1 0.257, rmse 1.016; blind map delta1 0.584, rmse 0.783.' in page)
    assert '- D3 X1: 0.43\n- Random noise None: -0.01\n' in page


def test_results_of_an_earlier_version_have_neither(tmp_path):
    page = text(tmp_path, row('D3', 0.742, 0.7))
    assert 'Without looking' not in page and 'Gain' not in page


def test_every_machine_that_trained_a_row_is_named(tmp_path):
    gpu = {**CPU, 'gpu': 'H200', 'computed': 'cuda, bf16'}
    page = text(tmp_path, row('D3', 0.742, 0.7), row('Without G', 0.722, 0.6),
                devices=(CPU, gpu, CPU))
    assert ('\nTrained in 6 minutes on 1 of 2 cores of EPYC (cpu, bf16) and H200 '
            '(cuda, bf16); torch 2.15.') in page


def test_images_of_a_camera_come_before_rendered_rooms(tmp_path):
    entry = {'keys': ['variant'], 'metrics': ['delta1'], 'note': '', 'rows': [], 'figures': [],
             'share_of_gap': {}, 'versions': {}, 'trained': []}
    write_report({'small/d3-1': {**entry, 'title': 'Data', 'preset': 'small'},
                  'real/d3-3': {**entry, 'title': 'Methods', 'preset': 'real'}},
                 tmp_path / 'RESULTS.md')
    headings = [line for line in (tmp_path / 'RESULTS.md').read_text().splitlines()
                if line.startswith('##')]
    assert headings == ['## Images of a camera', '### Methods', '## Rendered rooms', '### Data']
