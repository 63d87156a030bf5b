# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera that flies through Gazebo's world: its way, its rate, how Gazebo is asked."""

import importlib.util
import itertools
import os
import sys
import types
import xml.etree.ElementTree as ElementTree

import exported_rooms
import numpy as np
import pytest
from test_sim_gazebo import ROOM, SCRIPT

from depth_distill_ros.worlds.pose import rotation

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def fly():
    spec = importlib.util.spec_from_file_location('fly_camera', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gz_in(folder, answers='data: true', name='gz'):
    """Put a command gz there that notes how it was called."""
    command = folder / name
    command.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\necho "{answers}"\n')
    command.chmod(0o755)
    return folder


def test_the_camera_flies_the_way_through_the_command(fly, tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', f'{gz_in(tmp_path)}:{os.environ["PATH"]}')
    call, through = fly.caller('room_35')
    for row in fly.read_way(ROOM / 'way.csv')[:2]:
        assert call(fly.as_pose(row))
    assert through == 'the command gz, which is slow'
    first, _ = (tmp_path / 'calls').read_text().splitlines()
    assert first.startswith('service -s /world/room_35/set_pose --reqtype gz.msgs.Pose --reptype '
                            'gz.msgs.Boolean --timeout 2000 --req name: "camera", position: {x: ')


def test_fortress_is_asked_in_its_own_words(fly, tmp_path, monkeypatch):
    monkeypatch.setattr(fly.shutil, 'which', lambda name: name if name == 'ign' else None)
    monkeypatch.setenv('PATH', f'{gz_in(tmp_path, name="ign")}:{os.environ["PATH"]}')
    assert fly.caller('w')[0]((0.0,) * 6 + (1.0,))
    assert '--reqtype ignition.msgs.Pose' in (tmp_path / 'calls').read_text()


@pytest.mark.parametrize('transport, messages', [
    ('transport13', 'msgs10'), ('transport14', 'msgs11'), ('transport', 'msgs')])
def test_the_bindings_of_each_version_are_used_where_they_are(fly, monkeypatch, transport,
                                                              messages):
    asked = []

    class Pose:
        def __init__(self, name):
            self.name = name
            self.position, self.orientation = types.SimpleNamespace(), types.SimpleNamespace()

    def request(*call):
        asked.append(call)
        return True, types.SimpleNamespace(data=True)

    def module(name, **content):
        made = types.ModuleType(name)
        vars(made).update(content)
        monkeypatch.setitem(sys.modules, name, made)

    boolean = type('Boolean', (), {})
    module('gz')
    module(f'gz.{transport}', Node=lambda: types.SimpleNamespace(request=request))
    module(f'gz.{messages}')
    module(f'gz.{messages}.pose_pb2', Pose=Pose)
    module(f'gz.{messages}.boolean_pb2', Boolean=boolean)
    call, through = fly.caller('w')
    assert call((1.0, 2.0, 3.0, 0.0, 0.0, 0.6, 0.8)) and through == f'the module gz.{transport}'
    service, pose, *kinds, timeout = asked[0]
    assert (service, kinds, timeout) == ('/world/w/set_pose', [Pose, boolean], 2000)
    assert pose.name == 'camera' and vars(pose.position) == {'x': 1.0, 'y': 2.0, 'z': 3.0}
    assert vars(pose.orientation) == {'x': 0.0, 'y': 0.0, 'z': 0.6, 'w': 0.8}


@pytest.fixture
def bridge(monkeypatch):
    """Stand-ins of ROS and of the bridge's types, which no wheel has; ``offered``: the service."""
    def entity():
        point, turn = types.SimpleNamespace(), types.SimpleNamespace()
        return types.SimpleNamespace(
            entity=types.SimpleNamespace(),
            pose=types.SimpleNamespace(position=point, orientation=turn))

    state = types.SimpleNamespace(offered=True, asked=[], success=True, answers=True, dropped=0)

    def call_async(request):
        state.asked.append(request)
        return types.SimpleNamespace(
            done=lambda: state.answers, result=lambda: types.SimpleNamespace(
                success=state.success))

    def drop(answer):
        state.dropped += 1

    client = types.SimpleNamespace(
        wait_for_service=lambda seconds: state.offered, call_async=call_async,
        remove_pending_request=drop)
    node = types.SimpleNamespace(
        create_client=lambda kind, name: setattr(state, 'service', name) or client)
    content = {
        'rclpy': {'init': lambda **_: None, 'create_node': lambda name: node,
                  'spin_until_future_complete': lambda *_, **__: None},
        'rclpy.signals': {'SignalHandlerOptions': types.SimpleNamespace(NO=0)},
        'ros_gz_interfaces': {},
        'ros_gz_interfaces.msg': {'Entity': types.SimpleNamespace(MODEL=2)},
        'ros_gz_interfaces.srv': {'SetEntityPose': types.SimpleNamespace(Request=entity)}}
    for name, attributes in content.items():
        module = types.ModuleType(name)
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, name, module)
    return state


def test_one_client_of_the_bridges_service_stays_open(fly, bridge):
    call, through = fly.caller('w')
    assert through == 'the service /world/w/set_pose of ros_gz_bridge' == (
        f'the service {bridge.service} of ros_gz_bridge')
    assert call((1.0, 2.0, 3.0, 0.0, 0.0, 0.6, 0.8))
    request, = bridge.asked
    assert vars(request.entity) == {'name': 'camera', 'type': 2}
    assert vars(request.pose.position) == {'x': 1.0, 'y': 2.0, 'z': 3.0}
    assert vars(request.pose.orientation) == {'x': 0.0, 'y': 0.0, 'z': 0.6, 'w': 0.8}
    bridge.success = False
    assert not call((0.0,) * 7)
    bridge.answers = False
    assert not call((0.0,) * 7) and bridge.dropped == 1


def test_a_bridge_without_the_service_leaves_the_command(fly, bridge, tmp_path, monkeypatch):
    bridge.offered = False
    monkeypatch.setenv('PATH', f'{gz_in(tmp_path)}:{os.environ["PATH"]}')
    assert fly.caller('w')[1] == 'the command gz, which is slow'


def test_the_camera_that_flies_is_in_the_world(fly):
    root = ElementTree.parse(ROOM / 'room.sdf').getroot()
    assert root.find(f".//model[@name='{fly.CAMERA}']") is not None
    assert fly.world_name(ROOM / 'room.sdf') == 'room_35'
    x, y, z, *turn = fly.as_pose(fly.read_way(ROOM / 'way.csv')[0])
    _, camera = exported_rooms.sdf(ROOM / 'room.sdf')
    np.testing.assert_allclose((x, y, z), camera.position, atol=1e-5)
    np.testing.assert_allclose(matrix(*turn), camera.turn, atol=1e-5)


def matrix(x, y, z, w):
    """Return the rotation of a unit quaternion."""
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def test_quaternions_are_those_of_the_angles(fly):
    for angles in ((0.3, -0.2, 2.0), (-1.0, 1.2, -3.0), (0.0, 0.0, 0.5)):
        np.testing.assert_allclose(matrix(*fly.quaternion(*angles)), rotation(angles), atol=1e-12)


def test_a_gazebo_that_does_not_answer_is_one_line(fly, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('PATH', f'{gz_in(tmp_path, "timed out")}:{os.environ["PATH"]}')
    assert fly.main([str(ROOM / 'room.sdf'), '--wait', '0.01']) == 1
    assert 'has not moved the model camera' in capsys.readouterr().err


@pytest.mark.parametrize('world, way, message', [
    ('', '', 'not an SDF file'), ('<sdf/>', '', 'no <world name'),
    ('<sdf><world name="w"/></sdf>', 'x,y,z\n1,2,3\n', 'way.csv, line 2'),
    ('<sdf><world name="w"/></sdf>', 'x,y,z,roll,pitch,yaw\n1,2,nan,0,0,0\n', 'way.csv, line 2'),
    ('<sdf><world name="w"/></sdf>', 'x,y,z,roll,pitch,yaw\n', 'it has no poses')])
def test_bad_files_are_one_line(fly, tmp_path, capsys, world, way, message):
    (tmp_path / 'w.sdf').write_text(world)
    (tmp_path / 'way.csv').write_text(way)
    assert fly.main([str(tmp_path / 'w.sdf')]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


def test_no_lap_is_like_another_and_the_seed_decides_it(fly):
    way = fly.read_way(ROOM / 'way.csv')
    one, same, other = (fly.varied(way, seed) for seed in (1, 1, 2))
    laps = [np.array(list(itertools.islice(one, len(way)))) for _ in range(3)]
    np.testing.assert_array_equal(laps[0], way)
    for k in (1, 2):
        assert (np.abs(laps[k] - laps[k - 1]).max(axis=1) > 1e-3).all()
    changes = laps[2] - way
    # The way keeps 0.38 m away from all things; the camera moves smoothly.
    assert np.hypot(*changes[:, :2].T).max() < 0.2 and np.abs(changes[:, 2]).max() < 0.051
    assert np.abs(np.diff(changes, axis=0)[:, :3]).max() < 0.12
    everything = np.array(list(itertools.islice(same, 3 * len(way))))
    np.testing.assert_array_equal(everything, np.concatenate(laps))
    assert (np.array(list(itertools.islice(other, 2 * len(way))))[-1] != laps[1][-1]).any()


def test_without_a_seed_each_run_takes_another_way_from_the_first_pose_on(fly):
    way = fly.read_way(ROOM / 'way.csv')
    first, second = (np.array(list(itertools.islice(fly.varied(way, None), 100)))
                     for _ in range(2))
    for one, other in ((first, way[:100]), (second, way[:100]), (first, second)):
        assert (np.abs(one - other).max(axis=1) > 1e-4).all()
        assert np.abs(one - other)[:, :2].max() <= 0.24 + 1e-9


def test_a_slow_pose_service_sets_the_rate_and_the_rate_is_told(fly, monkeypatch, capsys):
    clock = types.SimpleNamespace(now=0.0)

    def passes(seconds):
        clock.now += seconds
        return True

    monkeypatch.setattr(fly, 'time', types.SimpleNamespace(
        monotonic=lambda: clock.now, sleep=passes))
    taken = []
    call = lambda pose: taken.append(clock.now) or passes(0.5)  # noqa: E731
    assert fly.fly(call, iter([()] * 40), 5.0, 60.0) == 0
    assert np.diff(taken).tolist() == [0.5] * 39, 'one pose after another, and none is skipped'
    assert capsys.readouterr().out == 'fly_camera: 2.0 poses per second (5 asked)\n'
    clock.now, taken = 0.0, []
    assert fly.fly(lambda pose: taken.append(clock.now) or passes(0.01), iter([()] * 9), 5.0,
                   60.0) == 0
    np.testing.assert_allclose(np.diff(taken), 0.2)


def test_without_gazebo_the_flight_says_so(fly, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert fly.main([str(ROOM / 'room.sdf')]) == 1
    assert 'neither gz nor ign' in capsys.readouterr().err
