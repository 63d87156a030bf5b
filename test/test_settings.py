# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of settings: what a field must have, what it refuses, what old names become."""

from dataclasses import dataclass, fields
import subprocess
import sys
import warnings

import pytest
import yaml

from depth_distill_ros.settings.commands import COMMANDS
from depth_distill_ros.settings.distillation import (
    DistillationSettings,
    MethodSettings,
    OfflineSettings,
    OnlineSettings,
)
from depth_distill_ros.settings.field import SettingError, Settings, setting, settings_of
from depth_distill_ros.settings.file import read_settings, upgraded, write_settings
from depth_distill_ros.settings.inference import CameraSettings
from depth_distill_ros.settings.launch import LAUNCHES, NODES
from depth_distill_ros.settings.optimisation import OptimisationSettings

KINDS = [*(kind for kinds in NODES.values() for kind in kinds), *LAUNCHES.values(),
         OfflineSettings, MethodSettings, OptimisationSettings, *COMMANDS.values()]


@dataclass(frozen=True)
class Oven(Settings):
    """An oven."""

    heat: float = setting(20.0, 'temperature', unit='degrees', range=(0.0, 300.0),
                          old_names=('warmth',))
    fan: bool = setting(False, 'blow')
    mode: str = setting('top', 'side', choices=('top', 'bottom'), old_values={'up': 'top'})
    rack: int = setting(1, 'height', range=(0, 4))
    size: tuple[int, int] = setting((2, 3), 'of the tray', range=(1, 9))
    racks: tuple[str, ...] = setting(('a',), 'names')


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_is_described_and_legal_by_default(kind):
    table = settings_of(kind)
    assert table.keys() == {f.name for f in fields(kind)}
    kind()
    for name, described in table.items():
        assert described.help and described.name == name
        assert described.checked(described.default) == described.default
        number = isinstance(described.default, (int, float)) and not isinstance(
            described.default, bool)
        assert bool(described.range or described.choices) or not number


def test_an_old_name_is_that_of_no_setting():
    for kind in KINDS:
        table = settings_of(kind)
        old = [name for described in table.values() for name in described.old_names]
        assert len(set(old)) == len(old) and not set(old) & table.keys()


@pytest.mark.parametrize('wrong, line', [
    ({'heat': 400.0}, 'setting heat is 400.0; it must be a number from 0 to 300 degrees'),
    ({'heat': float('nan')}, 'setting heat is nan'), ({'heat': 'hot'}, 'a number from 0 to 300'),
    ({'heat': True}, 'setting heat is True'), ({'rack': 1.5}, 'a whole number from 0 to 4'),
    ({'fan': 'yes'}, 'setting fan is .yes.; it must be true or false'),
    ({'mode': 'left'}, 'it must be one of top, bottom'), ({'size': (1,)}, '2 whole numbers'),
    ({'size': (0, 3)}, '2 whole numbers'), ({'racks': [1]}, 'a string'),
    ({'mode': True}, 'one of top, bottom')])
def test_an_illegal_value_is_one_line_with_the_setting_and_what_is_legal(wrong, line):
    with pytest.raises(SettingError, match=line) as caught:
        Oven(**wrong)
    assert '\n' not in str(caught.value)


def test_whole_numbers_become_floats_and_lists_tuples_where_they_are_due():
    oven = Oven(heat=30, size=[4, 5], racks=['x', 'y'])
    assert type(oven.heat) is float
    assert (oven.size, oven.racks) == ((4, 5), ('x', 'y'))


def test_old_names_and_values_are_accepted_with_a_warning():
    lines = []
    assert Oven.from_mapping({'warmth': 90.0, 'mode': 'up'}, lines.append) == Oven(heat=90.0)
    assert [line.split(';')[0] for line in lines] == [
        'setting warmth is now called heat', 'setting mode: up is now called top']
    with pytest.warns(FutureWarning, match='warmth is now called heat'):
        Oven.from_mapping({'warmth': 90.0})


def test_today_s_name_wins_over_an_old_one_beside_it_in_either_order():
    for values in ({'warmth': 1.0, 'heat': 2.0}, {'heat': 2.0, 'warmth': 1.0}):
        assert Oven.from_mapping(values, lambda line: None).heat == 2.0


def test_an_unknown_setting_is_named_with_those_that_there_are():
    with pytest.raises(SettingError, match='no setting is called fuel; settings are: fan, heat'):
        Oven.from_mapping({'fuel': 'gas'})


def test_the_settings_of_an_earlier_run_are_read_under_their_names_of_today(tmp_path):
    old = {'method': 'lwd', 'backbone': 'resnet18', 'start': 'random', 'reading': 'B', 'lam': 0.5,
           'size': [96, 128], 'package_version': '0.1.0'}
    (tmp_path / 'run.yaml').write_text(yaml.safe_dump(old))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = read_settings(OfflineSettings, tmp_path / 'run.yaml')
    assert found == OfflineSettings(
        method='lwd', student_backbone='resnet18', student_start='random',
        g_trains_on='own_and_student', kd_weight=0.5, size=(96, 128))
    old.pop('package_version')
    assert upgraded(OfflineSettings, {**old, 'size': (96, 128)}) == vars(found)


def test_run_yaml_gives_back_what_was_written(tmp_path):
    written = OfflineSettings(size=(48, 64), student_options={'up': 'unpool'}, lr=3e-4)
    write_settings(written, tmp_path / 'run.yaml')
    assert read_settings(OfflineSettings, tmp_path / 'run.yaml') == written


def test_node_and_data_set_runs_have_the_same_settings_under_the_same_names():
    online, offline = settings_of(OnlineSettings), settings_of(OfflineSettings)
    for name, shared in settings_of(DistillationSettings).items():
        assert name in online and offline[name] == shared
        assert type(online[name].default) is type(shared.default)
        assert set(online[name].choices) <= set(shared.choices)


@pytest.mark.parametrize('share, batch, images', [
    (0.0, 8, 0), (0.25, 8, 2), (0.01, 8, 1), (0.9, 8, 6), (0.5, 2, 0)])
def test_the_share_of_auxiliary_images_leaves_two_of_the_methods_own(share, batch, images):
    assert OfflineSettings(auxiliary_share=share, batch=batch).auxiliary_images == images


def test_an_angle_has_the_unit_that_its_parameter_has():
    table = settings_of(CameraSettings)
    assert {table[name].unit for name in ('camera_pitch', 'camera_roll')} == {'degrees'}


def test_the_settings_need_neither_torch_nor_ros():
    code = ('import sys\nfrom depth_distill_ros.settings import document\n'
            'print(*sorted({"torch", "rclpy", "argparse"} & sys.modules.keys()))')
    said = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ''
