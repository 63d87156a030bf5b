# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One description of the graph, complete for every node in it."""

import math
import subprocess
import sys

import numpy as np
import pytest

from depth_distill_ros import installation
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.ros.bringup import (
    BringupError,
    distillation_graph,
    inference_graph,
    work_dir,
)
from depth_distill_ros.settings.field import SettingError, settings_of
from depth_distill_ros.settings.launch import (
    LAUNCHES,
    NODES,
    InferenceLaunch,
    LoopLaunch,
)
from depth_distill_ros.shipped import shipped_blind_map, shipped_real_teacher
from depth_distill_ros.worlds.path_traced.robot_poses import poses
from depth_distill_ros.worlds.path_traced.traced_room import generate


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
def test_the_robots_frames_are_rectified_and_padded_as_inference_does(graph_of, tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**/inference: {ros__parameters: {rectify: upstream, resize: pad}}\n')
    assert graph_of()['auxiliary'].value('resize') == 'crop'
    graph = graph_of(params_file=str(mine))
    assert graph['auxiliary'].value('resize') == 'pad'
    assert graph['stream'].value('resize') == 'crop'
    for graph, rectify in ((graph_of(), 'none'), (graph_of(rectify='node'), 'node'),
                           (graph_of(params_file=str(mine)), 'upstream')):
        assert graph['inference'].value('rectify') == rectify
        assert graph['auxiliary'].value('rectify') == rectify
        assert graph['stream'].value('rectify') == 'none'


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
    assert graph['distiller'].parameters['teacher'] == str(shipped_real_teacher())
    stream = graph['stream'].parameters
    assert (stream['height'], stream['width']) == read_card(shipped_real_teacher()).size


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


def test_the_demo_looks_for_obstacles_from_the_mount_of_its_rooms(teacher_card):
    graph = {spec.name: spec for spec in distillation_graph(
        LoopLaunch(teacher=teacher_card), 'demo.yaml')}
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
    for name, kind in LAUNCHES.items():
        if not issubclass(kind, InferenceLaunch):
            continue
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


def test_with_a_real_robot_the_stream_simulator_leaves_the_clock_to_its_world(graph_of):
    graph = graph_of(use_sim_time=True, robot='real')
    assert all(spec.parameters['use_sim_time'] is True for spec in graph.values())
    assert 'publish_clock' not in graph['simulator'].parameters


def test_every_parameter_that_bringup_sets_is_one_of_the_nodes_own(graph_of):
    for spec in graph_of(use_sim_time=True).values():
        known = {*settings_of(*NODES[spec.executable.removesuffix('_node')]), 'use_sim_time'}
        assert set(spec.parameters) <= known, spec.name


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
