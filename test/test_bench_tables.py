# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of the papers' tables: their settings, their data, and what each changes."""

from dataclasses import asdict, replace
import json

import pytest

from depth_distill_ros.apps.bench.catalogue import bench_table
from depth_distill_ros.apps.bench.preset import FULL, small
from depth_distill_ros.apps.bench.rendered import Part, render
from depth_distill_ros.apps.bench.runner import Bench
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.tables import TABLES, beside, paper_table
from depth_distill_ros.networks import backbones_of

pytestmark = pytest.mark.slow

PRESETS = (small(), FULL)
# our rows that a paper only mentions in its text
OURS_ALONE = {
    'lwd-2': {'Teacher Nt(X)', "Teacher Nt(X+U')", 'Supervised Ns(X)', 'LWD Ns(X)'},
    'dacnn-1': {'DACNN, stereo teacher'}}
# papers with rows of other authors' methods
THEIRS_ALONE = ('lwd-2', 'lwd-3', 'lwd-4', 'lwd-5', 'dacnn-1', 'dacnn-2')


def rows(name, preset):
    return {row.name: row for row in bench_table(name, preset).rows}


def changes(row, other):
    """Return what the settings of two rows differ in."""
    mine, theirs = asdict(row.settings), asdict(other.settings)
    return {name: value for name, value in mine.items() if theirs[name] != value}


@pytest.mark.parametrize('preset', PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize('name', TABLES)
def test_every_row_stands_in_the_papers_table(name, preset):
    table = bench_table(name, preset)
    lines = {tuple(row.keys.items()) for row in table.rows if row.keys}
    compared = beside(paper_table(name), [(dict(line), {}) for line in lines])
    added = {tuple(row.keys.items()) for row in compared.rows[len(compared.table.rows):]}
    assert {dict(line)['method'] for line in added} <= OURS_ALONE.get(name, set())
    if name not in THEIRS_ALONE and preset is FULL:
        assert lines == {tuple((key, row[key]) for key in compared.table.keys)
                         for row in compared.table.rows}
    by_name = {row.name: row for row in table.rows}
    assert len(by_name) == len(table.rows)
    for row in table.rows:
        assert not row.teacher or row.teacher in by_name
        assert set(row.columns) <= set(compared.table.metrics)
        if row.settings:
            assert row.settings.student_backbone in backbones_of(row.settings.student)


@pytest.mark.parametrize('preset', PRESETS, ids=lambda preset: preset.name)
def test_the_six_methods_differ_in_nothing_but_the_method(preset):
    table = {(row.keys['method'], row.keys['data']): row
             for row in rows('d3-3', preset).values() if row.name.startswith('lden-mbv2-')}
    d3 = table['D3', 'X1']
    assert (d3.settings.method, d3.data) == ('d3', {'stream': 'stream'})
    assert table['D3', 'X2'].settings == d3.settings
    assert table['D3', 'X2'].data == {'stream': 'stream-large'}
    assert changes(table['KD-OOD', 'X1'], d3) == {'method': 'kd-ood'}
    assert changes(table['Random noise', 'None'], d3) == {
        'method': 'random-noise', **({'steps': 125_000} if preset is FULL else {})}
    dfad = table['DFAD', 'None'].settings
    assert changes(table['DFAD', 'None'], d3).keys() == {'method', 'steps', 'ema'}
    assert 5 * dfad.steps == table['Random noise', 'None'].settings.steps
    assert dfad.ema == pytest.approx(d3.settings.ema ** 5)
    student = table['Student', 'NYU-v2']
    assert student.settings.method == 'supervised'
    assert (student.data, student.teacher) == ({'labelled': 'target-train'}, '')
    assert {row.teacher for row in table.values()} == {'', 'lden-mbv2-teacher'}


@pytest.mark.parametrize('preset', PRESETS, ids=lambda preset: preset.name)
def test_the_ablation_takes_one_part_away_from_the_row_of_table_3(preset):
    ablation = {row.keys['variant']: row for row in rows('d3-5', preset).values() if row.keys}
    original = rows('d3-3', preset)['lden-mbv2-d3-x1']
    assert (ablation['D3'].name, ablation['D3'].settings) == (original.name, original.settings)
    assert {name: changes(row, original) for name, row in ablation.items() if name != 'D3'} == {
        'Without l_rec': {'beta': 0.0}, 'Without G': {'g_form': 'none'},
        'Without image mixing': {'mixing': 'none'}}
    assert {tuple(row.data.items()) for row in ablation.values()} == {(('stream', 'stream'),)}


def test_the_full_preset_trains_as_the_paper_says():
    settings = rows('d3-3', FULL)['sarpn-r34-d3-x2'].settings
    assert (settings.size, settings.batch, settings.lr, settings.epochs, settings.schedule) == (
        (228, 304), 8, 1e-4, 20, 'd3')
    assert (settings.alpha, settings.beta, settings.g_form, settings.g_trains_on) == (
        1e-3, 1e-3, 'paper', 'own')
    teacher = rows('d3-3', FULL)['sarpn-r34-teacher']
    assert (teacher.settings.student, teacher.settings.student_backbone) == ('sarpn', 'senet154')
    dacnn = rows('dacnn-1', FULL)['dacnn'].settings
    assert (dacnn.size, dacnn.batch, dacnn.epochs, dacnn.schedule, dacnn.student_start) == (
        (256, 512), 6, 15, 'dacnn', 'random')


@pytest.mark.parametrize('preset', PRESETS, ids=lambda preset: preset.name)
def test_lwd_learns_by_its_equations(preset):
    table = rows('lwd-2', preset)
    assert {name: (table[name].settings.equation, dict(table[name].data)) for name in (
        'lwd-x', 'lwd-x-u', 'lwd-x-u-labelled')} == {
        'lwd-x': (1, {'labelled': 'target-train'}),
        'lwd-x-u': (3, {'labelled': 'target-train', 'auxiliary': 'auxiliary'}),
        'lwd-x-u-labelled': (4, {'labelled': 'target-train', 'auxiliary': 'auxiliary'})}
    assert table['lwd-x-u-labelled'].teacher == 'lwd-union-teacher'
    if preset is FULL:
        union = table['lwd-union-teacher']
        assert (union.settings.equation, union.settings.kd_weight) == (4, 0.0)
        assert union.data['auxiliary'] == 'auxiliary'
    for other in ('lwd-3', 'lwd-4', 'lwd-5', 'lwd-fig7'):
        for name, row in rows(other, preset).items():
            if name in table:
                assert (row.settings, row.data) == (table[name].settings, table[name].data)


@pytest.mark.parametrize('preset', PRESETS, ids=lambda preset: preset.name)
def test_dacnns_ablation_takes_one_part_away(preset):
    table = rows('dacnn-3', preset)
    whole = table['dacnn']
    assert whole.settings == rows('dacnn-1', preset)['dacnn'].settings
    assert changes(table['dacnn-no-depth-aware'], whole) == {
        'student_options': {'depth_aware': False}}
    assert changes(table['dacnn-no-distillation'], whole) == {'w_proxy': 0.0, 'w_guidance': 0.0}


def test_test_data_is_never_trained_on():
    preset = small()
    worlds, parts = preset.worlds, preset.parts
    tests = {role for role in worlds if role.endswith('-test') or role.startswith('tum-')}
    assert len(tests) == 9
    rooms = {role: (world.look, world.seed) for role, world in worlds.items()}
    assert not {rooms[role] for role in tests} & {
        rooms[role] for role in worlds.keys() - tests}
    for role in ('stream', 'stream-large'):
        assert worlds[role].look == 'stream' and worlds[role].baseline == 0.0
    assert worlds['stream-large'].frames == 6 * worlds['stream'].frames
    assert {role: part.split for role, part in parts.items() if part.split != 'train'} == {
        'target-test': 'test', 'robot-frames': 'val'}
    assert parts['target-test'] == Part('test')
    # X and U are other images, and both together all that the teacher has seen
    assert parts['target-train'].last == parts['auxiliary'].first == 1000
    assert all(1000 == part.first < part.last <= 4000 for role, part in parts.items()
               if role.startswith('auxiliary'))


@pytest.mark.parametrize(('name', 'data', 'wanted', 'said'), [
    ('d3-3', {}, (), 'needs --data target-train=KIND:PATH and --data target-test=KIND:PATH'),
    ('d3-3', {'target-train': 'nyu:/x'}, (), 'needs --data target-test=KIND:PATH'),
    ('lwd-4', {'target-train': 'nyu:/x', 'auxiliary': 'scannet:/y'}, (),
     'needs --data other-test=KIND:PATH'),
    ('lwd-5', {'target-train': 'nyu:/x', 'auxiliary': 'scannet:/y', 'tum-360': 'tum:/z'}, (),
     'needs --data tum-desk=KIND:PATH and --data tum-desk2=KIND:PATH'),
    ('d3-1', {'target-train': 'nyu:/x', 'target-test': 'nyu:/x,split=test'},
     ('lden-mbv2-kd-ood-objects',), 'needs --data objects=KIND:PATH'),
    ('dacnn-1', {'stream': 'folder:/x'}, (), 'does not use --data stream=...; its data are'),
    ('d3-5', {}, ('no-such-row',), 'has no row no-such-row; its rows are lden-mbv2-d3-x1, '),
    ('d3-5', {}, ('lden-mbv2-teacher',), 'has no row lden-mbv2-teacher; its rows are'),
])
def test_data_that_is_missing_is_named_in_one_line(tmp_path, name, data, wanted, said):
    bench = Bench(tmp_path, FULL, data, None, lambda line: None)
    with pytest.raises(DepthDistillError) as error:
        bench.runs(bench_table(name, FULL), wanted)
    assert said in str(error.value)
    assert '\n' not in str(error.value)


def test_a_folder_that_was_rendered_under_the_old_name_of_its_look_is_used(tmp_path):
    world = small().worlds['indoor']
    described = {**asdict(world), 'look': 'robot'}
    (tmp_path / 'world.json').write_text(json.dumps(described))
    assert render(world, tmp_path) == f'folder:{tmp_path}'
    with pytest.raises(DepthDistillError, match='rendered for something else'):
        render(replace(world, seed=1), tmp_path)


@pytest.mark.parametrize(('test', 'protocol'), [
    ('nyu:/x,split=test', 'nyu'), ('folder:/rooms/test', 'robot'), ('store:/run/store', 'robot')])
def test_a_network_is_evaluated_with_the_view_of_its_training(tmp_path, test, protocol):
    bench = Bench(tmp_path, FULL, {'target-test': test}, None, lambda line: None)
    assert bench.protocol(bench_table('d3-3', FULL), 'target-test') == protocol


def test_rows_without_data_are_left_out_and_said(tmp_path):
    said = []
    bench = Bench(tmp_path, FULL, {
        'target-train': 'nyu:/x', 'target-test': 'nyu:/x,split=test', 'stream': 'scenenet:/y'},
        None, said.append)
    names = [row.name for row, _ in bench.runs(bench_table('d3-1', FULL))]
    assert names == ['lden-mbv2-kd-ood-target', 'lden-mbv2-kd-ood-x1', 'lden-mbv2-random-noise']
    assert [line.split('--data ')[1] for line in said] == [
        f'{role}=KIND:PATH' for role in ('objects', 'indoor', 'outdoor', 'stream-large')]
