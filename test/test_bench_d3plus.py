# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table beyond the papers: its rows, and the share of the gap that each closes."""

import json

import pytest

from depth_distill_ros.apps.bench.catalogue import bench_table
from depth_distill_ros.apps.bench.gap import gains, shares_of_gap
from depth_distill_ros.apps.bench.preset import FULL, small
from depth_distill_ros.apps.bench.runner import Outcome
from depth_distill_ros.apps.bench.table import Row
from depth_distill_ros.shipped import shipped_teacher

pytestmark = pytest.mark.slow


def outcome(method, data, delta1, seed=0, **keys):
    row = Row(method + data, None, {**keys, 'method': method, 'data': data})
    return Outcome(row, seed, '', {}, {'delta1': delta1})


@pytest.mark.parametrize('preset', [small(), FULL], ids=lambda preset: preset.name)
def test_the_rows_that_d3s_table_has_too_are_the_same_trainings(preset):
    ours, theirs = ({row.name: row for row in bench_table(name, preset).rows}
                    for name in ('d3plus', 'd3-3'))
    for name in ('lden-mbv2-student', 'lden-mbv2-kd-ood-x1', 'lden-mbv2-d3-x2'):
        assert (ours[name].settings, ours[name].data) == (
            theirs[name].settings, theirs[name].data)
    assert ours['lden-mbv2-d3plus-x1'].settings.method == 'd3plus'
    for end, role in (('-robot', 'robot-frames'), ('-photographs', 'photographs')):
        beside = [row for name, row in ours.items() if name.endswith(end)]
        assert len(beside) == 3
        assert all(row.data['auxiliary'] == role for row in beside)
    keys = [tuple(row.keys.values()) for row in ours.values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize('preset', [small(), FULL], ids=lambda preset: preset.name)
def test_with_other_images_beside_the_stream_an_update_sees_no_more_images(preset):
    rows = {row.name: row for row in bench_table('d3plus', preset).rows}
    alone, *beside = (rows[f'lden-mbv2-kd-ood-x1{end}'].settings
                      for end in ('', '-robot', '-photographs'))
    assert [2 * settings.batch for settings in beside] == [alone.batch] * 2


def test_the_robots_frames_are_of_rooms_that_taught_the_teacher_nothing():
    parts = small().parts
    assert parts['robot-frames'].split == 'val'
    card = json.loads((shipped_teacher() / 'card.json').read_text())
    assert card['about']['training']['data'] == 'folder:rooms/train'


def test_the_share_of_the_gap_is_counted_from_kd_ood_on_the_same_frames_and_seeds():
    shares = shares_of_gap([
        outcome('Teacher', 'target', 0.9), outcome('Student', 'target', 0.8),
        outcome('Student', 'target', 0.82, 1),
        outcome('KD-OOD', 'X1', 0.6), outcome('KD-OOD', 'X1', 0.62, 1),
        outcome('D3', 'X1', 0.7), outcome('D3', 'X1', 0.72, 1),
        outcome('KD-OOD', 'X2', 0.7), outcome('D3', 'X2', 0.79),
        outcome('KD-OOD', 'X1 + robot frames', 0.65), outcome('D3', 'X3', 0.7)])
    assert {line: round(share['share'], 6) for line, share in shares.items()} == {
        'D3 X1': 0.5, 'D3 X2': 0.9, 'KD-OOD X1 + robot frames': 0.25}
    assert shares['D3 X1'] == {'share': pytest.approx(0.5), 'spread': pytest.approx(0.0),
                               'gap': pytest.approx(0.2), 'seeds': [0, 1]}
    assert shares['D3 X2']['spread'] is None


def test_a_seed_whose_ends_are_the_wrong_way_round_counts_like_any_other():
    shares = shares_of_gap([
        outcome(method, data, delta1, seed) for seed, ends in enumerate(
            [(0.68, 0.72, 0.69), (0.70, 0.71, 0.72), (0.715, 0.71, 0.72)])
        for (method, data), delta1 in zip(
            [('KD-OOD', 'X1'), ('Student', 'target'), ('D3', 'X1')], ends, strict=True)])
    share = shares['D3 X1']
    assert share['seeds'] == [0, 1, 2] and share['gap'] == pytest.approx(0.015)
    # 0.01, 0.02 and 0.005 are gained
    assert share['share'] == pytest.approx(0.035 / 3 / 0.015)
    assert share['spread'] == pytest.approx(0.0076376 / 0.015, rel=1e-4)


def test_each_pair_has_a_gap_of_its_own_and_some_have_none():
    shares = shares_of_gap([
        outcome('Student', 'NYU-v2', 0.8, pair='a'), outcome('KD-OOD', 'X1', 0.6, pair='a'),
        outcome('D3', 'X1', 0.65, pair='a'),
        outcome('Student', 'NYU-v2', 0.5, pair='b'), outcome('KD-OOD', 'X1', 0.6, pair='b'),
        outcome('D3', 'X1', 0.65, pair='b')])
    assert list(shares) == ['a D3 X1']
    assert shares_of_gap([Outcome(Row('x', None, {'variant': 'D3'}), 0, '', {},
                                  {'delta1': 1.0})]) == {}


def test_the_gain_is_beyond_the_blind_map_and_that_of_the_pairs_own_teacher():
    outcomes = [outcome('Teacher', 'NYU-v2', 0.9, pair='a'), outcome('D3', 'X1', 0.7, pair='a'),
                outcome('D3', 'X1', 0.8, 1, pair='a'), outcome('D3', 'X1', 0.8, pair='b')]
    assert gains(outcomes, 0.5) == {'a D3 X1': pytest.approx(0.625)}
    assert gains(outcomes, 0.95) == {} and gains(outcomes, None) == {}
