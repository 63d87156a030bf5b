# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""gazebo.launch.py and isaac.launch.py, where launch_ros is installed."""

import json
import os
from pathlib import Path

import pytest

launch = pytest.importorskip('launch')
pytest.importorskip('launch_ros')

from launch.actions import (  # noqa: E402
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessStart  # noqa: E402
from launch.launch_description_sources import (  # noqa: E402
    get_launch_description_from_python_launch_file,
)
from launch.utilities import perform_substitutions  # noqa: E402
from launch_ros.actions import Node  # noqa: E402

from depth_distill_ros.ros import bringup  # noqa: E402

LAUNCH = Path(__file__).resolve().parents[1] / 'launch'


@pytest.fixture
def teacher(tmp_path):
    (tmp_path / 'card.json').write_text(json.dumps({'size': [96, 128]}))
    return str(tmp_path)


@pytest.fixture
def gazebo(tmp_path, monkeypatch):
    """Install what apt would: a command gz and the package of the bridge."""
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / 'ros_gz_bridge'
    for path in (tmp_path / 'bin' / 'gz', marker):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    monkeypatch.setenv('PATH', f'{tmp_path / "bin"}:{os.environ["PATH"]}')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    return tmp_path


def started(name, **arguments):
    """Return all actions of a launch file that gets these arguments."""
    description = get_launch_description_from_python_launch_file(str(LAUNCH / name))
    context = launch.LaunchContext()
    for action in description.entities:
        if isinstance(action, DeclareLaunchArgument):
            context.launch_configurations[action.name] = arguments.get(
                action.name, perform_substitutions(context, action.default_value))
    actions = [action for function in description.entities
               if isinstance(function, OpaqueFunction) for action in function.execute(context)]
    for node in actions:
        if isinstance(node, Node):
            node._perform_substitutions(context)
    return context, actions


def test_gazebo_starts_the_graph_the_simulator_the_flight_and_two_bridges(teacher, gazebo):
    context, actions = started('gazebo.launch.py', teacher=teacher, robot='real', namespace='r1')
    nodes = [action.node_name for action in actions if isinstance(action, Node)]
    assert nodes == ['/r1/stream', '/r1/auxiliary', '/r1/distiller', '/r1/inference',
                     '/r1/gazebo_bridge', '/r1/gazebo_clock_bridge', '/r1/gazebo_pose_bridge']
    assert ('/world/room_35/set_pose@ros_gz_interfaces/srv/SetEntityPose'
            in [perform_substitutions(context, word) for word in actions[-1].cmd[1:2]])
    commands = [[perform_substitutions(context, word) for word in action.cmd]
                for action in actions
                if isinstance(action, ExecuteProcess) and not isinstance(action, Node)]
    assert [command[:2] for command in commands][0] == ['gz', 'sim']
    assert commands[1][1].endswith('fly_camera.py')


def test_a_world_without_a_name_is_one_clear_line(teacher, gazebo, tmp_path):
    (tmp_path / 'way.csv').write_text('')
    for text, message in (('<sdf/>', 'has no <world name'), ('', 'is not an SDF file')):
        (tmp_path / 'w.sdf').write_text(text)
        with pytest.raises(bringup.BringupError, match=message):
            started('gazebo.launch.py', teacher=teacher, world=str(tmp_path / 'w.sdf'))


def test_isaac_starts_the_graph_alone_and_names_the_labels(teacher):
    _, actions = started('isaac.launch.py', teacher=teacher, robot='real')
    assert [action.node_name for action in actions] == [
        '/stream', '/auxiliary', '/distiller', '/inference']
    assert ('semantic_labels', 'simulator/semantic_labels') in actions[0].expanded_remapping_rules


@pytest.mark.parametrize('missing, arguments, message', [
    (None, {'world': '/nowhere.sdf'}, '/nowhere.sdf is not a file'),
    ('bin/gz', {}, 'gz of Gazebo Harmonic is not on the PATH; apt install ros-'),
    ('share/ament_index/resource_index/packages/ros_gz_bridge', {},
     'ros_gz_bridge is not installed: apt install ros-')])
def test_what_is_missing_is_one_clear_line_before_any_node_starts(
        teacher, gazebo, monkeypatch, missing, arguments, message):
    monkeypatch.setenv('PATH', str(gazebo / 'bin'))
    if missing:
        (gazebo / missing).unlink()
    description = get_launch_description_from_python_launch_file(str(LAUNCH / 'gazebo.launch.py'))
    words = {'teacher': teacher, **arguments}
    service = launch.LaunchService(argv=[f'{key}:={value}' for key, value in words.items()])
    processes = []
    service.include_launch_description(launch.LaunchDescription([
        RegisterEventHandler(OnProcessStart(
            on_start=lambda event, context: processes.append(event.process_name))),
        *description.entities]))
    with pytest.raises(bringup.BringupError, match=message):
        started('gazebo.launch.py', **words)
    assert service.run(shutdown_when_idle=True) == 1
    assert not processes
