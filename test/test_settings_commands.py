# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the command line are the settings, and nothing else."""

import argparse
import inspect
from pathlib import Path

import pytest

from depth_distill_ros import networks
from depth_distill_ros.apps import cli
from depth_distill_ros.apps.bench.catalogue import _TABLES
from depth_distill_ros.apps.options import add_options, given, option_of, settings
from depth_distill_ros.datasets.kinds import KINDS, _choices
from depth_distill_ros.distillation.compute import _DTYPES
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.distillation.schedule import schedule
from depth_distill_ros.evaluation import crops, protocol, tables
from depth_distill_ros.networks.authors import FORMATS
from depth_distill_ros.networks.meter import SIZES
from depth_distill_ros.ros.simulators import GAZEBO_OF
from depth_distill_ros.settings import names
from depth_distill_ros.settings.commands import COMMANDS, BenchPaperSettings
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.document import document
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.launch import GAZEBOS
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.stream.semantic_decoder import MEANINGS
from depth_distill_ros.worlds.export.write import WRITERS
from depth_distill_ros.worlds.path_traced.world import PRESETS

ROOT = Path(__file__).resolve().parents[1]

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
    assert len(commands) == 21


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


def test_a_data_set_of_a_table_may_have_any_path_and_a_wrong_value_is_named(capsys):
    parser = argparse.ArgumentParser()
    add_options(parser, BenchPaperSettings)
    words = parser.parse_args(['--table', 'd3-3', '--out', 'x', '--data', 'test=folder:/a #1: [b'])
    assert given(words, BenchPaperSettings)['data'] == {'test': 'folder:/a #1: [b'}
    assert cli.main(['distill', '--out', '/nowhere', '--student-options', 'up=[']) == 1
    assert 'up=[: a value is not valid YAML' in capsys.readouterr().err


def test_a_list_refuses_what_is_out_of_range(capsys):
    assert cli.main(['bench', 'student', '--rates', '10', '-1', '--out', '/nowhere']) == 1
    assert 'setting rates is -1.0; it must be a number from 0 to' in capsys.readouterr().err


def test_the_names_that_are_chosen_from_are_those_that_there_are():
    assert names.PROTOCOLS == tuple(protocol.PROTOCOLS)
    assert names.CROPS == tuple(crops.CROPS)
    assert names.TABLES == tables.TABLES + tables.OWN_TABLES == tuple(_TABLES)
    assert names.PRESETS == tuple(PRESETS)
    assert tuple(names.AUTHORS) == tuple(FORMATS)
    assert names.SIMULATORS == tuple(WRITERS)
    assert names.NETWORKS.keys() == networks._CLASSES.keys()
    assert names.NETWORKS['meter'] == tuple(SIZES)
    assert set(GAZEBOS) == set(GAZEBO_OF.values())
    assert choices('g_form') == (*networks.TRANSFORMATIONS, 'none')
    assert choices('precision') == ('auto', *_DTYPES)
    assert settings_of(StreamSettings)['semantics'].choices == ('auto', *MEANINGS, 'none')


def choices(name):
    return settings_of(OfflineSettings)[name].choices


@pytest.mark.parametrize('name', choices('schedule'))
def test_every_schedule_starts_and_goes_on_above_nothing(name):
    factor = schedule(OfflineSettings(schedule=name), 100)
    assert 0 < factor(0) <= 1 and 0 < factor(99) <= 1


def test_every_method_that_is_chosen_from_is_made():
    made = inspect.getsource(make_method)
    assert [name for name in names.METHODS if f"'{name}'" not in made] == []


def test_the_page_of_gazebo_has_the_ids_of_the_classes():
    page = ' '.join((ROOT / 'docs' / 'IN_GAZEBO.md').read_text(encoding='utf-8').split())
    assert ', '.join(f'{number} {name}' for number, name in enumerate(NYU13) if number) in page


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
