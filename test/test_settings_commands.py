# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the command line are the settings, and nothing else."""

import argparse

import pytest

from depth_distill_ros.apps.commands import distill, simulate, train
from depth_distill_ros.apps.options import add_options, given, option_of, settings
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.training import DistillSettings, TrainSettings

# what a command has beside its components: files, and which recipe to begin with
OWN = {distill: {'help', 'out', 'config', 'recipe'}, train: {'help', 'out'},
       simulate: {'help', 'out', 'rooms', 'export', 'size', 'texture_rows'}}
KINDS = {distill: (OfflineSettings, DistillSettings), train: (TrainSettings,),
         simulate: (SimulatorSettings,)}


def options_of(command):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return {action.dest: action for action in parser._actions}


@pytest.mark.parametrize('command', KINDS, ids=lambda command: command.__name__.split('.')[-1])
def test_every_option_of_a_component_is_one_of_its_settings(command):
    table = settings_of(*KINDS[command])
    old = {name for described in table.values() for name in described.old_names}
    options = options_of(command)
    assert options.keys() - OWN[command] <= table.keys() | old
    if command is not simulate:
        assert table.keys() <= options.keys()
    for name in options.keys() - OWN[command] - old:
        assert options[name].help.startswith(table[name].help[:20]) or command is simulate
        assert tuple(options[name].choices or ()) == table[name].choices
        assert options[name].default is argparse.SUPPRESS  # the default is the table's alone


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_options(parser, OfflineSettings)
    return settings(OfflineSettings, given(parser.parse_args(words), OfflineSettings))


def test_an_option_that_is_not_given_leaves_the_default():
    assert parsed() == OfflineSettings()


def test_options_are_read_by_the_type_of_their_setting():
    assert parsed('--batch', '4', '--lr', '1e-3', '--no-g-residual', '--size', '48', '64',
                  '--student-options', 'up=unpool', 'depth_aware=false') == OfflineSettings(
        batch=4, lr=1e-3, g_residual=False, size=(48, 64),
        student_options={'up': 'unpool', 'depth_aware': False})


def test_an_option_under_its_old_name_is_obeyed_and_warned_of(capsys):
    assert parsed('--reading', 'B', '--backbone', 'resnet18', '--lam', '0.5') == OfflineSettings(
        g_trains_on='own_and_student', student_backbone='resnet18', kd_weight=0.5)
    said = capsys.readouterr().err
    assert 'reading is now called g_trains_on' in said and 'lam is now called kd_weight' in said


@pytest.mark.parametrize('name, value', [
    ('batch', 4), ('g_residual', False), ('size', (48, 64)), ('teacher', 'hf:some/model')])
def test_the_words_of_an_option_give_its_value_back(name, value):
    assert parsed(*option_of(name, value)) == OfflineSettings(**{name: value})
