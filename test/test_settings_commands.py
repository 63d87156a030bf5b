# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the command line are the settings, and nothing else."""

import argparse

import pytest

from depth_distill_ros.apps import cli
from depth_distill_ros.apps.bench.catalogue import _TABLES
from depth_distill_ros.apps.options import add_options, given, option_of, settings
from depth_distill_ros.datasets.kinds import KINDS, _choices
from depth_distill_ros.evaluation import kitti, protocol, tables
from depth_distill_ros.networks.authors import FORMATS
from depth_distill_ros.settings import names
from depth_distill_ros.settings.commands import COMMANDS
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.document import document
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.worlds.path_traced.world import PRESETS

# options that are no settings: one of them names a file or a source, and it must be given
SOURCES = {'models calibrate': {'folder', 'bag', 'data', 'topic'}}
FILES = {'distill': {'out', 'config'}, 'train': {'out'}}


def parsers(parser, words=()):
    """Yield every command with its parser."""
    below = [action for action in parser._actions if isinstance(
        action, argparse._SubParsersAction)]
    if words and parser.get_default('run'):
        yield ' '.join(words), parser
    for action in below:
        for name, inner in action.choices.items():
            yield from parsers(inner, (*words, name))


@pytest.fixture(scope='module')
def commands():
    return dict(parsers(cli._parser([])))


def test_every_command_has_a_table_of_settings(commands):
    assert commands.keys() == COMMANDS.keys()
    assert len(commands) == 12


@pytest.mark.parametrize('command', COMMANDS)
def test_every_option_of_a_command_is_one_of_its_settings(commands, command):
    table = settings_of(COMMANDS[command], *([OfflineSettings] if command == 'distill' else []))
    old = {name for described in table.values() for name in described.old_names}
    own = SOURCES.get(command, set()) | FILES.get(command, set())
    options = {action.dest: action for action in commands[command]._actions
               if action.option_strings and action.dest not in ('help', *own)}
    assert table.keys() | old == options.keys()
    for name, described in table.items():
        assert options[name].help.startswith(described.help[:20])
        assert tuple(options[name].choices or ()) == described.choices
        assert options[name].default is argparse.SUPPRESS  # the default is the table's alone
        assert options[name].required == described.required


def test_every_option_of_every_command_is_on_the_page_of_parameters(commands):
    sections = document().split('\n## ')
    for command, parser in commands.items():
        shown = '\n'.join(part for part in sections
                          if part.startswith(f'depth-distill {command}\n'))
        options = {action.option_strings[0] for action in parser._actions
                   if action.option_strings and action.help != argparse.SUPPRESS
                   and action.dest not in ('help', *SOURCES.get(command, FILES.get(command, ())))}
        assert options
        assert [name for name in sorted(options) if f'\n| `{name}` |' not in shown] == []


def test_what_a_command_has_beside_its_settings_has_no_default_and_no_choices(commands):
    for command, parser in commands.items():
        for action in parser._actions:
            if not action.option_strings and not isinstance(action, argparse._SubParsersAction) \
                    or action.dest in SOURCES.get(command, FILES.get(command, ())):
                assert (action.default, action.choices) == (None, None), action


def test_a_command_runs_with_the_defaults_of_its_settings(monkeypatch):
    seen = []
    monkeypatch.setattr('depth_distill_ros.apps.commands.export.run',
                        lambda arguments: seen.append(vars(arguments)) or 0)
    assert cli.main(['export', 'student']) == cli.main([
        'export', 'student', '--engine', 'tensorrt', '--engine', 'onnx']) == 0
    assert [found['engine'] for found in seen] == [('onnx',), ('tensorrt', 'onnx')]


def test_a_list_refuses_what_is_out_of_range(capsys):
    assert cli.main(['bench', 'student', '--rates', '10', '-1', '--out', '/nowhere']) == 1
    assert 'setting rates is -1.0; it must be a number from 0 to' in capsys.readouterr().err


def test_the_names_that_are_chosen_from_are_those_that_there_are():
    assert names.PROTOCOLS == tuple(protocol.PROTOCOLS)
    assert names.CROPS == tuple(kitti.CROPS)
    assert names.TABLES == tables.TABLES + tables.OWN_TABLES == tuple(_TABLES)
    assert names.PRESETS == tuple(PRESETS)
    assert tuple(names.AUTHORS) == tuple(FORMATS)


def test_each_key_of_a_data_set_is_an_argument_of_its_reader_with_the_default_first():
    for kind in KINDS.values():
        arguments = kind.opened()[1]
        assert list(arguments) == ['path', *kind.keys]
        for key in kind.keys:
            if choices := _choices(arguments[key].annotation):
                default = arguments[key].default
                assert choices[0] == ('no' if default is False else default)


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
