# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The papers' tables on a camera's images with a teacher that is not trained: preset real."""

from argparse import Namespace
from dataclasses import asdict
import json

import pytest

from depth_distill_ros.apps.bench.catalogue import bench_table
from depth_distill_ros.apps.bench.preset import real
from depth_distill_ros.apps.cli import main
from depth_distill_ros.apps.commands import _bench_paper
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.shipped import shipped_robot_rooms, shipped_rooms

pytestmark = pytest.mark.slow


def pair_rows(preset, pair):
    rows = bench_table('d3-3', preset).rows
    return {(row.keys['method'], row.keys['data']): row for row in rows
            if row.keys['pair'] == pair}


@pytest.mark.parametrize(('pair', 'start'), [
    ('teacher->lden_light', 'general_lden_light_efficientnet_lite0'),
    ('LDEN R34->MBv2', 'stream_lden_mobilenetv2')])
def test_the_methods_differ_in_the_method_alone_and_the_teacher_is_not_trained(pair, start):
    rows = pair_rows(real('my_teacher', steps=7), pair)
    assert rows['Teacher', 'NYU-v2'].settings is None
    d3 = asdict(rows['D3', 'X1'].settings)
    assert (d3['steps'], d3['size']) == (7, (192, 256))
    assert d3['student_start'].endswith(start)
    for key in (('KD-OOD', 'X1'), ('KD-OOD', 'X2'), ('D3', 'X2'), ('Random noise', 'None')):
        other = asdict(rows[key].settings)
        assert {name for name, value in other.items() if d3[name] != value} <= {'method'}


def test_the_full_preset_of_a_camera_has_the_papers_recipe_and_numbers():
    preset = _bench_paper._preset(Namespace(
        preset='real-full', table='d3-3', target='', teacher='my_teacher'))
    assert {preset.worlds[role].frames for role in ('stream', 'indoor')} == {50_000}
    assert preset.worlds['stream-large'].frames == 300_000
    settings = pair_rows(preset, 'teacher->lden_light')['D3', 'X1'].settings
    assert settings.steps * settings.batch == 20 * 50_000
    assert (settings.size, settings.g_width, settings.lr) == ((228, 304), 1.0, OfflineSettings.lr)
    assert preset.own_teacher == 'my_teacher'


def test_x1_begins_x2_and_no_room_of_another_set_is_among_them():
    worlds = real().worlds
    assert worlds['stream-large'].rooms == 6 * worlds['stream'].rooms
    assert worlds['stream-large'].seed == worlds['stream'].seed
    assert len({(world.look, world.seed) for world in worlds.values()}) == 2


def test_a_row_is_distilled_from_the_teacher_of_photographs_and_compared_with_the_blind_map(
        tmp_path, monkeypatch):
    monkeypatch.setattr(_bench_paper, 'real', lambda teacher: real(teacher, steps=1, rooms=1))
    side, test = (f'folder:{folder},frames=0:4' for folder in (
        shipped_robot_rooms(), shipped_rooms()))
    words = ['bench', 'paper', '--preset', 'real', '--table', 'd3-3', '--out', str(tmp_path),
             '--data', f'target-train={side}', f'target-test={test}', '--rows']
    assert main([*words, 'lden-light-teacher', 'lden-light-student', 'lden-light-d3-x1']) == 0
    found = json.loads((tmp_path / 'results.json').read_text())['real/d3-3']
    trained = {row['row']: row for row in found['trained']}
    d3 = trained['lden-light-d3-x1']
    assert d3['settings']['teacher'] == 'real'
    assert {len(digest) for digest in d3['started_from'].values()} == {64}
    assert trained['lden-light-student']['settings']['teacher'] == ''
    assert all(0 <= row['figures'][name] <= 1 for row in trained.values()
               for name in ('delta1', 'delta1_median_scaled'))
    assert found['baselines'].keys() == {'constant', 'blind map'}
    assert "NYU-v2's lens" in found['note']


@pytest.mark.parametrize(('words', 'said'), [
    (['--table', 'd3-4', '--preset', 'real'], 'has a target domain of its own'),
    (['--table', 'd3-3', '--teacher', 'real'], 'belongs to --preset real'),
    (['--table', 'd3-3', '--preset', 'real', '--target', 'rooms'], 'belongs to --preset small')])
def test_options_that_do_not_fit_together_are_refused_in_one_line(tmp_path, capsys, words, said):
    assert main(['bench', 'paper', *words, '--out', str(tmp_path)]) != 0
    error = capsys.readouterr().err
    assert said in error and error.count('\n') == 1
