# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The arguments of the launch files, and the command line of a node."""

import dataclasses

import pytest
import yaml

from depth_distill_ros.ros.bringup import inference_graph
from depth_distill_ros.settings.field import SettingError, settings_of
from depth_distill_ros.settings.launch import (
    LAUNCHES,
    NODES,
    InferenceLaunch,
    LoopLaunch,
    from_texts,
)

STARTING_NODES = {name: kind for name, kind in LAUNCHES.items()
                  if issubclass(kind, InferenceLaunch)}


@pytest.mark.parametrize('kind', STARTING_NODES.values(), ids=STARTING_NODES)
def test_an_argument_that_stands_for_a_parameter_is_not_given_by_default(kind):
    parameters = {name: s for kinds in NODES.values() for name, s in settings_of(*kinds).items()}
    shared = {'work_dir', 'model', 'autostart', 'teacher', 'robot_frames', 'auxiliary_share',
              'seed', 'camera_height', 'camera_pitch', 'scale_anchor', 'first_student',
              'rectify'}
    arguments = settings_of(kind)
    assert {name for name in arguments if name in parameters
            and name not in ('semantics', 'resize')} == shared & set(arguments)
    for name in shared & set(arguments):
        assert getattr(kind(), name) is None
        assert arguments[name].range == parameters[name].range


@pytest.mark.parametrize('name', ['model', 'autostart', 'robot_frames', 'auxiliary_share', 'seed',
                                  'scale_anchor', 'first_student', 'robot_data'])
def test_an_argument_that_is_given_is_that_parameter_of_each_node_that_has_it(graph_of, name):
    value = {'model': '/models/mine', 'autostart': False, 'robot_frames': 'judge',
             'auxiliary_share': 0.25, 'seed': 7, 'scale_anchor': True, 'first_student': 'real',
             'robot_data': 'folder:/mine'}[name]
    parameter = {'robot_data': 'data'}.get(name, name)
    having = [spec for spec in graph_of(**{name: value}).values() if parameter in settings_of(
        *NODES[spec.executable.removesuffix('_node')])]
    assert having and all(spec.parameters[parameter] == value for spec in having)
    if name in settings_of(InferenceLaunch):
        spec, = inference_graph(InferenceLaunch(**{name: value}))
        assert spec.parameters[parameter] == value


def test_debug_is_the_level_of_the_nodes_own_logger_and_other_levels_are_of_all(graph_of):
    stream = graph_of(namespace='/fleet/r1/')['stream']
    assert stream.log_arguments('debug') == ['--log-level', 'fleet.r1.stream:=debug']
    assert stream.log_arguments('warn') == ['--log-level', 'warn']
    assert ' '.join(stream.log_arguments('debug')) in ' '.join(stream.ros_arguments('debug'))


def test_the_topics_of_all_outputs_and_of_the_labels_are_arguments(graph_of):
    graph = graph_of(depth='/d', depth_camera_info='/i', confidence='/c', points='/p', scan='/s',
                     semantic_labels='/l')
    names = {'depth': '/d', 'camera_info_out': '/i', 'confidence': '/c', 'points': '/p',
             'scan': '/s'}
    assert names.items() <= graph['inference'].remappings.items()
    assert graph['evaluator'].remappings['depth'] == '/d'
    assert graph['stream'].remappings['semantic_labels'] == '/l'


@pytest.mark.parametrize('text', ['y', '1', "it's", 'null', '1.5', 'a b', ''])
def test_a_text_stays_a_text_on_the_command_line(graph_of, text):
    spec = dataclasses.replace(graph_of()['stream'], parameters={'work_dir': text})
    word = spec.ros_arguments()[-1]
    assert yaml.safe_load(word.removeprefix('work_dir:=')) == text


def test_bools_and_numbers_keep_their_type_on_the_command_line(graph_of):
    spec = dataclasses.replace(graph_of()['stream'], parameters={'a': True, 'b': 3, 'c': 1.0})
    words = [word for word in spec.ros_arguments() if ':=' in word][-3:]
    assert [yaml.safe_load(word.partition(':=')[2]) for word in words] == [True, 3, 1.0]
    assert words[-1] == 'c:=1.0'


def test_arguments_come_from_the_texts_that_launch_has():
    arguments = from_texts(LoopLaunch, {
        'simulator': 'none', 'use_sim_time': 'True', 'autostart': 'false', 'seed': '12'})
    assert arguments == LoopLaunch(
        simulator='none', use_sim_time=True, autostart=False, seed=12)


@pytest.mark.parametrize('name, text, hint', [
    ('simulator', 'gazebo', 'mujoco, none'), ('use_sim_time', 'maybe', 'true or false'),
    ('seed', 'x', 'whole number')])
def test_an_argument_of_no_use_is_named_with_what_would_be(name, text, hint):
    with pytest.raises(SettingError, match=f'{name}:={text}.*{hint}'):
        from_texts(LoopLaunch, {name: text})
