# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One description of the graph, complete for every node in it."""

import dataclasses
import json
import math
from pathlib import Path
import subprocess
import sys
from types import SimpleNamespace
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import yaml

from depth_distill_ros import installation
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.ros.bringup import (
    BringupError,
    distillation_graph,
    inference_graph,
    work_dir,
)
from depth_distill_ros.ros.parameter_files import ParameterFileError, ParameterFiles
from depth_distill_ros.settings.field import SettingError, settings_of
from depth_distill_ros.settings.launch import (
    LAUNCHES,
    NODES,
    InferenceLaunch,
    LoopLaunch,
    from_texts,
)
from depth_distill_ros.shipped import shipped_blind_map, shipped_student
from depth_distill_ros.worlds.path_traced.robot_poses import poses
from depth_distill_ros.worlds.path_traced.traced_room import generate


@pytest.fixture
def teacher(tmp_path):
    folder = tmp_path / 'teacher'
    folder.mkdir()
    (folder / 'card.json').write_text(json.dumps({'size': [64, 96]}))
    return str(folder)


@pytest.fixture
def graph_of(teacher):
    def make(**arguments):
        graph = distillation_graph(LoopLaunch(teacher=teacher, **arguments))
        return {spec.name: spec for spec in graph}
    return make


def test_with_no_argument_two_simulators_and_all_five_nodes_run(graph_of):
    assert list(graph_of()) == [
        'simulator', 'robot_camera', 'stream', 'auxiliary', 'distiller', 'inference', 'evaluator']


def test_the_robot_alone_is_the_inference_node_alone():
    assert [spec.executable for spec in inference_graph(InferenceLaunch())] == [
        'inference_node']


def test_with_real_topics_no_simulator_runs_and_nothing_is_evaluated_without_a_reference(graph_of):
    real = {'simulator': 'none', 'robot': 'real'}
    assert list(graph_of(**real)) == ['stream', 'auxiliary', 'distiller', 'inference']
    evaluator = graph_of(**real, reference='/lidar/depth')['evaluator']
    assert evaluator.remappings == {'depth': 'depth/student', 'reference': '/lidar/depth'}


def test_a_real_robot_can_learn_from_the_embedded_simulator(graph_of):
    graph = graph_of(robot='real', robot_image='/front/image', robot_camera_info='/front/info')
    assert 'simulator' in graph and 'robot_camera' not in graph
    assert graph['inference'].remappings['image'] == '/front/image'
    assert graph['inference'].remappings['camera_info'] == '/front/info'
    assert graph['stream'].remappings['image'] == graph['simulator'].remappings['image']



@pytest.mark.parametrize('given', [{}, {'robot_frames': 'judge'}])
def test_frames_of_the_robots_camera_are_stored_by_default_few_and_slowly(graph_of, given):
    graph = graph_of(**given)
    assert graph['distiller'].value('robot_frames') == given.get('robot_frames', 'learn')
    assert graph['distiller'].value('auxiliary_share') == 0.5
    auxiliary = graph['auxiliary']
    assert auxiliary.executable == 'stream_node'
    assert {'store': 'auxiliary', 'semantics': 'none', 'capacity': 1000,
            'max_rate': 1.0}.items() <= auxiliary.parameters.items()
    assert auxiliary.remappings == {
        'image': 'camera/image_raw', 'camera_info': 'camera/camera_info'}


# YAML reads the word off as false; in earlier versions a share of 0 switched the storing off
@pytest.mark.parametrize('words', [
    'robot_frames: off', "robot_frames: 'off'", 'auxiliary_share: 0.0'])
def test_robot_frames_off_in_a_file_starts_no_node_that_stores_them(graph_of, tmp_path, words):
    mine = tmp_path / 'mine.yaml'
    mine.write_text(f'/**/distiller: {{ros__parameters: {{{words}}}}}\n')
    graph = graph_of(params_file=str(mine))
    assert 'auxiliary' not in graph and graph['distiller'].value('robot_frames') == 'off'
    assert 'auxiliary' in graph_of(params_file=str(mine), robot_frames='judge')
    assert 'auxiliary' not in graph_of(robot_frames='off')


@pytest.mark.parametrize('teacher', [
    'hf:some/depth-model', 'torchscript:/a/b.pt,size=192x256', 'my_package.depth:make'])
def test_a_teacher_from_elsewhere_is_named_to_the_distiller_as_it_is(teacher):
    graph = {spec.name: spec for spec in distillation_graph(LoopLaunch(
        teacher=teacher))}
    assert graph['distiller'].parameters['teacher'] == teacher
    stream = graph['stream'].parameters
    assert (stream['height'], stream['width']) == (228, 304)


def test_a_shipped_teacher_is_known_by_its_short_name(graph_of):
    graph = {spec.name: spec for spec in distillation_graph(LoopLaunch(teacher='real'))}
    assert graph['distiller'].parameters['teacher'] == str(shipped_student('real'))
    stream = graph['stream'].parameters
    assert (stream['height'], stream['width']) == read_card(shipped_student('real')).size


def test_the_stream_never_sees_the_robots_world(graph_of):
    graph = graph_of()
    robots = set(graph['robot_camera'].remappings.values())
    assert not robots & set(graph['stream'].remappings.values())
    assert graph['robot_camera'].executable == 'robot_camera_node'
    assert graph['simulator'].value('look') == 'stream'


def test_any_data_set_may_play_the_robot(graph_of):
    assert graph_of()['robot_camera'].value('data') == ''
    camera = graph_of(robot_data='tum:/data/fr1_desk')['robot_camera']
    assert (camera.executable, camera.parameters['data']) == (
        'robot_camera_node', 'tum:/data/fr1_desk')
    assert camera.remappings == {'image': 'camera/image_raw', 'depth': 'camera/depth',
                                 'camera_info': 'camera/camera_info'}


def test_the_blind_map_of_the_path_traced_rooms_is_for_their_camera_alone(graph_of):
    assert graph_of()['evaluator'].value('blind_map') == str(shipped_blind_map())
    assert graph_of(robot_data='tum:/data/fr1_desk')['evaluator'].value('blind_map') == ''
    real = graph_of(simulator='none', robot='real', reference='/lidar/depth')
    assert real['evaluator'].value('blind_map') == ''


def test_the_demo_looks_for_obstacles_from_the_mount_of_its_rooms(teacher):
    graph = {spec.name: spec for spec in distillation_graph(
        LoopLaunch(teacher=teacher), 'demo.yaml')}
    pose = poses(generate(1).plan, np.random.default_rng(0), 1)[0]
    inference = graph['inference']
    assert inference.value('camera_height') == pytest.approx(pose.z, abs=0.031)
    assert inference.value('camera_pitch') == pytest.approx(-math.degrees(pose.pitch), abs=4.01)


def test_frames_are_stored_at_the_size_that_the_teacher_reads(graph_of):
    parameters = graph_of()['stream'].parameters
    assert (parameters['height'], parameters['width']) == (64, 96)


def test_all_nodes_of_a_run_share_its_folder(graph_of, tmp_path):
    graph = graph_of(work_dir=str(tmp_path / 'run'))
    folders = {graph[name].parameters['work_dir']
               for name in ('stream', 'distiller', 'inference', 'evaluator')}
    assert folders == {str(tmp_path / 'run')}


def test_without_work_dir_each_run_has_a_folder_under_ros_home(graph_of, monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    runs = tmp_path / 'depth_distill'
    assert graph_of(run='kitchen')['stream'].parameters['work_dir'] == str(runs / 'kitchen')
    # No two simulators share a run that nobody named. Inference alone takes that of distill.
    for name, kind in STARTING_NODES.items():
        own = name.removesuffix('.launch.py') if name in (
            'gazebo.launch.py', 'isaac.launch.py') else 'default'
        assert work_dir(kind()) == runs / own


def test_the_folder_of_a_run_is_named_once(graph_of):
    with pytest.raises(SettingError, match='run:=kitchen and work_dir:=/data both name'):
        graph_of(run='kitchen', work_dir='/data')


def test_a_namespace_moves_every_node_and_no_topic_is_absolute(graph_of):
    for spec in graph_of(namespace='robot1').values():
        assert '__ns:=/robot1' in spec.ros_arguments()
        assert not any(topic.startswith('/') for topic in spec.remappings.values())


def test_with_sim_time_the_stream_simulator_is_the_clock_and_the_others_follow_it(graph_of):
    graph = graph_of(use_sim_time=True)
    clock = graph.pop('simulator').parameters
    assert clock['publish_clock'] is True and clock['use_sim_time'] is False
    assert all(spec.parameters['use_sim_time'] is True for spec in graph.values())


def test_every_parameter_that_bringup_sets_is_one_of_the_nodes_own(graph_of):
    for spec in graph_of(use_sim_time=True).values():
        known = {*settings_of(*NODES[spec.executable.removesuffix('_node')]), 'use_sim_time'}
        assert set(spec.parameters) <= known, spec.name


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
def params_file(tmp_path, teacher):
    """Write a file that sets what launch arguments once overrode."""
    path = tmp_path / 'mine.yaml'
    path.write_text(PARAMETER_FILE.replace('RUN', str(tmp_path / 'run')).replace(
        'TEACHER', teacher))
    return str(path)


def values_of(graph, name):
    return {spec.name: spec.value(name) for spec in graph
            if name in settings_of(*NODES[spec.executable.removesuffix('_node')])}


def test_the_users_file_sets_what_no_launch_argument_gives(params_file, teacher, tmp_path):
    graph = distillation_graph(LoopLaunch(params_file=params_file))
    nodes = {spec.name: spec for spec in graph}
    assert set(values_of(graph, 'work_dir').values()) == {str(tmp_path / 'run')}
    assert values_of(graph, 'seed') == {'simulator': 7, 'distiller': 7}
    assert set(values_of(graph, 'autostart').values()) == {False}
    assert nodes['distiller'].value('teacher') == teacher
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


@pytest.mark.parametrize('text', ['- a\n', 'stream: 3\n', '{'])
def test_a_file_without_nodes_is_named(tmp_path, text):
    path = tmp_path / 'p.yaml'
    path.write_text(text)
    with pytest.raises(ParameterFileError, match='p.yaml'):
        ParameterFiles(path)


STARTING_NODES = {name: kind for name, kind in LAUNCHES.items()
                  if issubclass(kind, InferenceLaunch)}


@pytest.mark.parametrize('kind', STARTING_NODES.values(), ids=STARTING_NODES)
def test_an_argument_that_stands_for_a_parameter_is_not_given_by_default(kind):
    parameters = {name: s for kinds in NODES.values() for name, s in settings_of(*kinds).items()}
    shared = {'work_dir', 'model', 'autostart', 'teacher', 'robot_frames', 'auxiliary_share',
              'seed', 'camera_height', 'camera_pitch', 'scale_anchor', 'first_student'}
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


def test_the_python_of_ros2_launch_needs_nothing_that_only_the_virtual_environment_has():
    source = (
        'import sys\n'
        "sys.modules.update(dict.fromkeys(['torch', 'torchvision', 'lmdb', 'safetensors', "
        "'tensorboard', 'mujoco', 'cv2']))\n"
        'from depth_distill_ros.ros import bringup, launch_files, simulators\n'
        'from depth_distill_ros.settings.launch import LoopLaunch\n'
        'print(len(bringup.distillation_graph(LoopLaunch())))\n')
    done = subprocess.run([sys.executable, '-c', source], check=True, capture_output=True)
    assert done.stdout.strip() == b'7'


def test_the_nodes_that_run_no_network_load_no_torch():
    pytest.importorskip('rclpy')
    source = ('from depth_distill_ros.ros.nodes import evaluator, robot_camera, stream\n'
              'import sys\nprint(*{"torch", "torchvision"} & sys.modules.keys())')
    done = subprocess.run([sys.executable, '-c', source], check=True, capture_output=True)
    assert not done.stdout.strip()


def test_the_executables_are_there(graph_of):
    for spec in [*graph_of().values(), *inference_graph(InferenceLaunch())]:
        assert installation.executable(spec.executable).is_file()


def test_a_missing_params_file_is_named(graph_of):
    with pytest.raises(BringupError, match='/nowhere/mine.yaml'):
        graph_of(params_file='/nowhere/mine.yaml')


@pytest.mark.parametrize('card', [None, '{', '{}', '{"size": 3}', '[]'])
def test_a_teacher_without_a_usable_card_is_named(tmp_path, card):
    if card is not None:
        (tmp_path / 'card.json').write_text(card)
    with pytest.raises(BringupError, match=str(tmp_path)):
        distillation_graph(LoopLaunch(teacher=str(tmp_path)))


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


def test_a_fast_dds_profile_that_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv('FASTDDS_DEFAULT_PROFILES_FILE', '/mine.xml')
    assert installation.fastdds_profile() == {}


@pytest.mark.parametrize('distribution, name', [
    ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE'), ('jazzy', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
    ('kilted', 'FASTDDS_DEFAULT_PROFILES_FILE'), (None, 'FASTDDS_DEFAULT_PROFILES_FILE')])
def test_every_distribution_gets_the_shipped_profile_by_the_name_it_reads(
        monkeypatch, distribution, name):
    for variable in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
                     'ROS_DISTRO'):
        monkeypatch.delenv(variable, raising=False)
    if distribution:
        monkeypatch.setenv('ROS_DISTRO', distribution)
    (variable, path), = installation.fastdds_profile().items()
    assert variable == name and Path(path).is_file()


@pytest.mark.parametrize('free, file', [
    (64 * 2**20, 'fastdds_small.xml'), (8 * 2**30, 'fastdds.xml')])
def test_where_shared_memory_is_short_every_node_still_gets_a_segment(monkeypatch, free, file):
    monkeypatch.delenv('FASTDDS_DEFAULT_PROFILES_FILE', raising=False)
    monkeypatch.delenv('FASTRTPS_DEFAULT_PROFILES_FILE', raising=False)
    monkeypatch.setattr(
        installation.shutil, 'disk_usage', lambda path: SimpleNamespace(free=free))
    path, = installation.fastdds_profile().values()
    assert Path(path).name == file
    root = ElementTree.parse(path).getroot()
    segment = int(next(e.text for e in root.iter() if e.tag.endswith('segment_size')))
    # Six nodes, the monitor, two tools; half a megabyte each goes to queues and books.
    assert 9 * (segment + 2**19) < free
