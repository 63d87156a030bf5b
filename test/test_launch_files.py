# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files start the very graph of bringup (where launch_ros is installed)."""

import json
from pathlib import Path

import pytest

launch = pytest.importorskip('launch')
pytest.importorskip('launch_ros')

from launch.actions import DeclareLaunchArgument, OpaqueFunction  # noqa: E402
from launch.launch_description_sources import (  # noqa: E402
    get_launch_description_from_python_launch_file,
)
from launch.utilities import perform_substitutions  # noqa: E402

from depth_distill_ros.ros import bringup  # noqa: E402
from depth_distill_ros.settings.field import settings_of  # noqa: E402
from depth_distill_ros.settings.launch import (  # noqa: E402
    DEPTH,
    DEPTH_CAMERA_INFO,
    LAUNCHES,
    LoopLaunch,
    from_texts,
)

LAUNCH = Path(__file__).resolve().parents[1] / 'launch'


@pytest.fixture
def teacher(tmp_path):
    (tmp_path / 'card.json').write_text(json.dumps({'size': [96, 128]}))
    return str(tmp_path)


def described(name, **arguments):
    """Return the context of a launch file that gets these arguments, and what starts its nodes."""
    description = get_launch_description_from_python_launch_file(str(LAUNCH / name))
    context = launch.LaunchContext()
    for action in description.entities:
        if isinstance(action, DeclareLaunchArgument):
            context.launch_configurations[action.name] = arguments.get(
                action.name, perform_substitutions(context, action.default_value))
    function, = (a for a in description.entities if isinstance(a, OpaqueFunction))
    return context, function


def started(name, **arguments):
    """Return the node actions of a launch file that gets these arguments."""
    context, function = described(name, **arguments)
    nodes = function.execute(context)
    for node in nodes:
        node._perform_substitutions(context)
    return nodes


def test_every_launch_file_has_its_arguments_in_the_settings():
    assert LAUNCHES.keys() == {path.name for path in LAUNCH.glob('*.launch.py')}


@pytest.mark.parametrize('name, kind', LAUNCHES.items())
def test_the_arguments_of_a_launch_file_are_its_settings_with_their_help_and_defaults(name, kind):
    description = get_launch_description_from_python_launch_file(str(LAUNCH / name))
    declared = {a.name: a for a in description.get_launch_arguments()}
    context = launch.LaunchContext()
    texts, table = {}, settings_of(kind)
    assert declared.keys() == table.keys()
    for argument, action in declared.items():
        assert action.description.startswith(table[argument].described())
        texts[argument] = perform_substitutions(context, action.default_value)
    assert from_texts(kind, texts) == kind()


def test_distill_starts_the_nodes_of_the_graph_under_their_names(teacher):
    graph = bringup.distillation_graph(
        LoopLaunch(teacher=teacher, namespace='robot1'))
    nodes = started('distill.launch.py', teacher=teacher, namespace='robot1')
    assert [node.node_name for node in nodes] == [f'/robot1/{spec.name}' for spec in graph]
    assert [node.expanded_remapping_rules for node in nodes] == [
        list(spec.remappings.items()) for spec in graph]


def test_inference_alone_starts_one_node():
    assert [node.node_name for node in started('inference.launch.py')] == ['/inference']


def test_with_real_topics_no_simulator_is_launched(teacher):
    names = [node.node_name for node in started(
        'distill.launch.py', teacher=teacher, simulator='none', robot='real')]
    assert names == ['/stream', '/auxiliary', '/distiller', '/inference']


def test_the_transforms_of_a_robot_in_a_pushed_namespace_are_those_of_its_inference_node(tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/robot1/inference: {ros__parameters: {scan_frame: robot1/level, '
                    'camera_height: 0.31}}\n')
    description = get_launch_description_from_python_launch_file(
        str(LAUNCH / 'nav2_depth.launch.py'))
    context = launch.LaunchContext()
    for action in description.get_launch_arguments():
        context.launch_configurations[action.name] = perform_substitutions(
            context, action.default_value)
    context.launch_configurations.update(
        params_file=str(mine), ros_namespace='/robot1', camera_height='')
    function = [a for a in description.entities if isinstance(a, OpaqueFunction)][-1]
    level, _ = function.execute(context)
    level._perform_substitutions(context)
    words = [''.join(getattr(part, 'text', '') for part in word) for word in level.cmd]
    assert words[words.index('--child-frame-id') + 1] == 'robot1/level'
    assert float(words[words.index('--z') + 1]) == 0.31
    assert level.expanded_node_namespace == '/robot1'


@pytest.mark.parametrize('given', [{}, {'seed': '3', 'work_dir': '/w'}])
def test_the_nodes_get_the_parameters_of_the_graph(teacher, given, tmp_path):
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**: {ros__parameters: {seed: 7, work_dir: /run/1, use_sim_time: true}}\n')
    graph = bringup.distillation_graph(from_texts(
        LoopLaunch, {'teacher': teacher, 'params_file': str(mine), **given}))
    nodes = started('distill.launch.py', teacher=teacher, params_file=str(mine), **given)
    commands = [[''.join(getattr(part, 'text', '') for part in word) for word in node.cmd]
                for node in nodes]
    for command, spec in zip(commands, graph, strict=True):
        words = [word for word in spec.parameter_arguments() if word != '-p']
        assert words and words == [word for word in command if word in words]
    distiller = commands[[spec.name for spec in graph].index('distiller')]
    assert f'seed:={given.get("seed", 7)}' in distiller
    assert f"work_dir:='{given.get('work_dir', '/run/1')}'" in distiller


def test_a_wrong_teacher_is_one_clear_line():
    with pytest.raises(bringup.BringupError, match='/nowhere'):
        started('distill.launch.py', teacher='/nowhere')


def test_depth_goes_through_the_nodes_of_image_pipeline_where_they_are_installed(
        tmp_path, monkeypatch):
    for package in ('depth_image_proc', 'depthimage_to_laserscan'):
        for folder in ('share/ament_index/resource_index/packages', f'share/{package}'):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / 'share/ament_index/resource_index/packages' / package).touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    context, function = described('depth_processing.launch.py', range_max='6.5')
    container, = function.execute(context)
    cloud, scan = (
        (perform_substitutions(context, node.node_plugin),
         {perform_substitutions(context, list(source)): perform_substitutions(
             context, list(target)) for source, target in node.remappings})
        for node in container._ComposableNodeContainer__composable_node_descriptions)
    assert cloud == ('depth_image_proc::PointCloudXyzNode', {
        'image_rect': DEPTH, 'camera_info': DEPTH_CAMERA_INFO,
        'points': 'depth/cloud'})
    assert scan == ('depthimage_to_laserscan::DepthImageToLaserScanROS', {
        'depth': DEPTH, 'depth_camera_info': DEPTH_CAMERA_INFO,
        'scan': 'depth/laser_scan'})


def test_a_missing_image_pipeline_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    context, function = described('depth_processing.launch.py')
    with pytest.raises(bringup.BringupError, match='depth_image_proc is not installed'):
        function.execute(context)
