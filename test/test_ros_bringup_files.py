# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of parameters that a user gives to a launch file."""

import json

import pytest

from depth_distill_ros.ros.bringup import BringupError, distillation_graph
from depth_distill_ros.ros.parameter_files import ParameterFileError, ParameterFiles
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.launch import NODES, LoopLaunch

PARAMETER_FILE = """
/**:
  ros__parameters: {work_dir: RUN, use_sim_time: true, autostart: false, seed: 7}
/**/distiller:
  ros__parameters: {teacher: TEACHER, auxiliary_share: 0.25, reading: B}
/**/simulator:
  ros__parameters: {look: target}
robot_camera:
  ros__parameters: {data: 'tum:/data/fr1_desk'}
/**/inference:
  ros__parameters: {model: RUN/releases/000004}
/*:
  ros__parameters: {height: 48, width: 64}
"""


@pytest.fixture
def params_file(tmp_path, teacher_card):
    """Write a file that sets what launch arguments once overrode."""
    path = tmp_path / 'mine.yaml'
    path.write_text(PARAMETER_FILE.replace('RUN', str(tmp_path / 'run')).replace(
        'TEACHER', teacher_card))
    return str(path)


def values_of(graph, name):
    return {spec.name: spec.value(name) for spec in graph
            if name in settings_of(*NODES[spec.executable.removesuffix('_node')])}


def test_the_users_file_sets_what_no_launch_argument_gives(params_file, teacher_card, tmp_path):
    graph = distillation_graph(LoopLaunch(params_file=params_file))
    nodes = {spec.name: spec for spec in graph}
    assert set(values_of(graph, 'work_dir').values()) == {str(tmp_path / 'run')}
    assert values_of(graph, 'seed') == {'simulator': 7, 'distiller': 7}
    assert set(values_of(graph, 'autostart').values()) == {False}
    assert nodes['distiller'].value('teacher') == teacher_card
    assert nodes['simulator'].value('look') == 'target'
    assert nodes['robot_camera'].value('data') == 'tum:/data/fr1_desk'
    assert nodes['inference'].value('model') == str(tmp_path / 'run' / 'releases' / '000004')
    assert values_of(graph, 'height') == {'simulator': 48, 'stream': 48, 'auxiliary': 48}
    assert nodes['simulator'].value('publish_clock') is True
    assert {name: spec.parameters['use_sim_time'] for name, spec in nodes.items()} == {
        name: name != 'simulator' for name in nodes}


def test_a_launch_argument_that_is_given_goes_before_the_users_file(params_file, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'card.json').write_text(json.dumps({'size': [32, 32]}))
    graph = distillation_graph(LoopLaunch(
        params_file=params_file, work_dir='/elsewhere', teacher=str(other), seed=1,
        robot_data='tum:/data/other', autostart=True, use_sim_time=False, model='/m',
        auxiliary_share=0.5))
    nodes = {spec.name: spec for spec in graph}
    assert set(values_of(graph, 'work_dir').values()) == {'/elsewhere'}
    assert set(values_of(graph, 'seed').values()) == {1}
    assert set(values_of(graph, 'autostart').values()) == {True}
    assert not any(spec.parameters['use_sim_time'] for spec in graph)
    assert nodes['distiller'].value('teacher') == str(other)
    assert nodes['distiller'].value('auxiliary_share') == 0.5
    assert nodes['robot_camera'].value('data') == 'tum:/data/other'
    assert nodes['inference'].value('model') == '/m'


def test_the_users_file_adds_to_the_packages(graph_of, tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**/distiller: {ros__parameters: {batch: 4}}\n')
    distiller = graph_of(params_file=str(mine))['distiller']
    assert (distiller.value('batch'), distiller.value('g_form')) == (4, 'light')


def test_the_users_wildcard_goes_before_the_packages_name_of_a_node(graph_of, tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**: {ros__parameters: {rate: 2.0}}\n')
    graph = graph_of(params_file=str(mine))
    assert (graph['simulator'].value('rate'), graph['robot_camera'].value('rate')) == (2.0, 2.0)


def test_a_folder_that_one_node_gets_is_that_of_all_and_two_are_refused(graph_of, tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**/stream: {ros__parameters: {work_dir: /one}}\n')
    assert graph_of(params_file=str(mine))['distiller'].value('work_dir') == '/one'
    mine.write_text('/**/stream: {ros__parameters: {work_dir: /one}}\n'
                    '/**/distiller: {ros__parameters: {work_dir: /two}}\n')
    with pytest.raises(BringupError, match='work_dir of stream is /one.*distiller /two'):
        graph_of(params_file=str(mine))


@pytest.mark.parametrize('key, matches', [
    ('/**', True), ('/**/stream', True), ('stream', False), ('/r1/stream', True),
    ('/*/stream', True), ('/*', False), ('r1/other', False), ('/r1/*', True),
    ('/r2/stream', False)])
def test_a_key_of_a_file_matches_nodes_as_in_ros(tmp_path, key, matches):
    path = tmp_path / 'p.yaml'
    path.write_text(f"'{key}': {{ros__parameters: {{a: {{b: 1}}}}}}\n")
    assert ParameterFiles(path).of('r1', 'stream') == ({'a.b': 1} if matches else {})


def test_keys_of_a_file_may_be_nested_and_a_name_goes_before_a_wildcard(tmp_path):
    path = tmp_path / 'p.yaml'
    path.write_text('/r1: {stream: {ros__parameters: {a: 1}}}\n/**: {ros__parameters: {a: 2}}\n')
    assert ParameterFiles(path).of('/r1', 'stream') == {'a': 1}
    assert ParameterFiles(path).of('', 'stream') == {'a': 2}


@pytest.mark.parametrize('text', ['1e-4', '1.0e-4', '.1E-3', '+1e-04', '0.0001'])
def test_a_number_of_a_file_is_one_also_without_a_point(graph_of, tmp_path, text):
    mine = tmp_path / 'mine.yaml'
    mine.write_text(f'/**: {{ros__parameters: {{lr: {text}, work_dir: 1e4x}}}}\n')
    assert ParameterFiles(mine).of('', 'distiller') == {'lr': 1e-4, 'work_dir': '1e4x'}
    distiller = graph_of(params_file=str(mine))['distiller']
    assert 'lr:=0.0001' in distiller.parameter_arguments()


def test_a_parameter_of_a_file_without_a_value_is_named(tmp_path):
    path = tmp_path / 'p.yaml'
    path.write_text('/inference: {ros__parameters: {model: }}\n')
    with pytest.raises(ParameterFileError, match="/inference: model has no value; write ''"):
        ParameterFiles(path)


@pytest.mark.parametrize('text', ['- a\n', 'stream: 3\n', '{'])
def test_a_file_without_nodes_is_named(tmp_path, text):
    path = tmp_path / 'p.yaml'
    path.write_text(text)
    with pytest.raises(ParameterFileError, match='p.yaml'):
        ParameterFiles(path)
