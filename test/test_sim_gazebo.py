# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Gazebo opens: the shipped world, the bridges' types, the flying camera."""

import importlib
import importlib.util
import itertools
import os
from pathlib import Path
import shutil
import subprocess
import sys
import types
import xml.etree.ElementTree as ElementTree

import exported_rooms
import numpy as np
import pytest
import yaml

from depth_distill_ros.ros import bringup, simulators
from depth_distill_ros.settings.launch import GazeboLaunch, IsaacLaunch, LoopLaunch
from depth_distill_ros.worlds.export.write import export
from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.rooms import look_file

pytestmark = pytest.mark.slow

GAZEBO = Path(__file__).resolve().parents[1] / 'sim' / 'gazebo'
ROOM = GAZEBO / 'room_35'
SCRIPT = GAZEBO / 'fly_camera.py'
WORLDS = {'room.sdf': 'gz.msgs', 'room.fortress.sdf': 'ignition.msgs'}
BRIDGES = sorted(GAZEBO.glob('*.yaml'))


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


@pytest.mark.parametrize('name', WORLDS)
def test_the_shipped_world_is_what_the_export_writes(name, tmp_path):
    export('gazebo', look_file.named('stream'), [35], tmp_path, texture_rows=96)
    fresh, camera = exported_rooms.sdf(tmp_path / 'room_35' / name)
    shipped, seen = exported_rooms.sdf(ROOM / name)
    assert shipped.keys() == fresh.keys()
    for key, thing in fresh.items():
        assert shipped[key].label == thing.label
        for a, b in zip(shipped[key].parts, thing.parts, strict=True):
            assert (a.shape, a.texture) == (b.shape, b.texture)
            np.testing.assert_allclose(a.middle, b.middle, atol=1e-5)
            np.testing.assert_allclose(a.size, b.size, atol=1e-5)
    np.testing.assert_allclose(seen.position, camera.position, atol=1e-5)
    np.testing.assert_allclose(seen.turn, camera.turn, atol=1e-5)


@pytest.mark.parametrize('name', WORLDS)
def test_the_shipped_world_has_its_files_and_is_small(name):
    root = ElementTree.parse(ROOM / name).getroot()
    uris = {e.text for tag in ('uri', 'albedo_map') for e in root.iter(tag)}
    assert uris and all((ROOM / uri).is_file() for uri in uris)
    assert sum(p.stat().st_size for p in ROOM.rglob('*') if p.is_file()) < 1_000_000


@pytest.mark.parametrize('name', WORLDS)
def test_the_shipped_world_is_valid_to_the_sdf_library(name):
    tool = shutil.which('ign') or shutil.which('gz')
    if tool is None:
        pytest.skip('no SDF library: apt-get install ignition-tools libsdformat-dev sdformat-sdf')
    checked = subprocess.run([tool, 'sdf', '-k', name], cwd=ROOM, capture_output=True, text=True,
                             timeout=300)
    assert 'Valid.' in checked.stdout, checked.stderr


@pytest.mark.parametrize('name', WORLDS)
def test_elements_stand_where_the_sdf_rules_want_them(name):
    """What `sdf -k` finds beyond structure: unique names among siblings, numbers that parse."""
    root = ElementTree.parse(ROOM / name).getroot()
    assert (root.tag, root.get('version')) == ('sdf', '1.9')
    for parent in root.iter():
        for kind in ('model', 'link', 'visual', 'collision', 'sensor', 'light'):
            names = [child.get('name') for child in parent.findall(kind)]
            assert all(names) and len(names) == len(set(names))
    lengths = {'pose': 6, 'size': 3, 'diffuse': 4, 'direction': 3, 'radii': 3}
    for element in root.iter():
        if element.tag in lengths:
            values = [float(v) for v in element.text.split()]
            assert len(values) == lengths[element.tag] and np.isfinite(values).all()


@pytest.mark.parametrize('path', BRIDGES, ids=lambda path: path.name)
def test_bridges_name_message_types_that_exist(path):
    entries = yaml.safe_load(path.read_text())
    for entry in entries:
        assert set(entry) <= {'gz_topic_name', 'ros_topic_name', 'gz_type_name', 'ros_type_name',
                              'direction', 'lazy'}
        package, kind, name = entry['ros_type_name'].split('/')
        assert hasattr(importlib.import_module(f'{package}.{kind}'), name)
        messages = 'ignition.msgs' if '.fortress' in path.name else 'gz.msgs'
        assert entry['gz_type_name'] == f'{messages}.{name}'
        assert entry['direction'] == 'GZ_TO_ROS'


@pytest.mark.parametrize('path', BRIDGES, ids=lambda path: path.name)
def test_bridges_carry_what_the_world_publishes_to_where_the_stream_listens(path):
    root = ElementTree.parse(ROOM / 'room.sdf').getroot()
    plain, classes, rgbd = (root.find(f".//sensor[@type='{kind}']/topic").text
                            for kind in ('camera', 'segmentation', 'rgbd_camera'))
    listens = LoopLaunch()
    expected = {
        plain: listens.image, plain.rpartition('/')[0] + '/camera_info': listens.camera_info,
        f'{classes}/labels_map': listens.semantics, f'{rgbd}/depth_image': 'simulator/depth'}
    carried = {e['gz_topic_name']: e['ros_topic_name'] for e in yaml.safe_load(path.read_text())}
    assert carried == ({'/clock': '/clock'} if 'clock' in path.name else expected)


def test_both_spellings_of_a_bridge_say_the_same():
    for name in ('bridge', 'clock_bridge'):
        new = (GAZEBO / f'{name}.yaml').read_text()
        old = (GAZEBO / f'{name}.fortress.yaml').read_text()
        assert yaml.safe_load(old.replace('ignition.msgs', 'gz.msgs')) == yaml.safe_load(new)


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


def test_the_worlds_cameras_are_as_fast_as_the_flight():
    root = ElementTree.parse(ROOM / 'room.sdf').getroot()
    rates = {float(rate.text) for rate in root.iter('update_rate')}
    assert rates == {GazeboLaunch().poses_per_second}


def test_without_gazebo_the_flight_says_so(fly, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert fly.main([str(ROOM / 'room.sdf')]) == 1
    assert 'neither gz nor ign' in capsys.readouterr().err


@pytest.mark.parametrize('distribution, version, command, world, bridge', [
    ('humble', 'fortress', ['ign', 'gazebo'], 'room.fortress.sdf', 'bridge.fortress.yaml'),
    ('jazzy', 'harmonic', ['gz', 'sim'], 'room.sdf', 'bridge.yaml'),
    ('kilted', 'ionic', ['gz', 'sim'], 'room.sdf', 'bridge.yaml'),
    ('rolling', 'jetty', ['gz', 'sim'], 'room.sdf', 'bridge.yaml')])
def test_each_ros_distribution_gets_its_gazebo(distribution, version, command, world, bridge):
    arguments, environment = GazeboLaunch(), {'ROS_DISTRO': distribution}
    assert simulators.gazebo_version(arguments, environment) == version
    processes = simulators.gazebo_processes(arguments, environment)
    assert processes['gazebo'][:2] == command
    assert processes['gazebo'][-1] == str(ROOM / world)
    assert '--headless-rendering' in processes['gazebo']
    assert processes['fly_camera'][1:] == [str(SCRIPT), str(ROOM / world), '--rate', '5.0']
    seeded = simulators.gazebo_processes(GazeboLaunch(seed=3), environment)
    assert seeded['fly_camera'][-2:] == ['--seed', '3']
    bridges = simulators.gazebo_bridges(arguments, environment)
    assert bridges == {'bridge': str(GAZEBO / bridge), 'clock_bridge': str(
        GAZEBO / bridge.replace('bridge', 'clock_bridge', 1))}
    assert all(Path(file).is_file() for file in bridges.values())


def test_fortress_opens_the_world_in_its_spelling_that_the_export_has_put_beside():
    for version, name in (('fortress', 'room.fortress.sdf'), ('harmonic', 'room.sdf')):
        arguments = GazeboLaunch(world=str(ROOM / 'room.sdf'), gazebo=version)
        assert simulators.gazebo_world(arguments, version) == ROOM / name
    arguments = GazeboLaunch(world=str(ROOM / 'room.fortress.sdf'))
    assert simulators.gazebo_world(arguments, 'fortress') == ROOM / 'room.fortress.sdf'


def test_a_world_of_ones_own_is_opened_with_a_window_and_may_stand_still(tmp_path):
    world = tmp_path / 'mine.sdf'
    world.write_text('<sdf/>')
    arguments = GazeboLaunch(world=str(world), gui=True, fly=False, gazebo='ionic')
    assert simulators.gazebo_processes(arguments, {}) == {
        'gazebo': ['gz', 'sim', '-r', str(world)]}
    with pytest.raises(bringup.BringupError, match='way.csv is missing; give fly:=false'):
        simulators.gazebo_processes(GazeboLaunch(world=str(world)), {})
    with pytest.raises(bringup.BringupError, match='is not a file'):
        simulators.gazebo_processes(GazeboLaunch(world='/nowhere.sdf'), {})


def test_the_graph_behind_either_simulator_is_the_distilling_one(tmp_path):
    (tmp_path / 'card.json').write_text('{"size": [96, 128]}')
    plain, gazebo, isaac = (
        bringup.distillation_graph(kind(
            teacher=str(tmp_path), work_dir='/run', simulator='none'))
        for kind in (LoopLaunch, GazeboLaunch, IsaacLaunch))
    assert gazebo == plain
    assert [spec.name for spec in isaac] == [spec.name for spec in plain]
    stream, = (spec for spec in isaac if spec.name == 'stream')
    assert stream.remappings['semantic_labels'] == 'simulator/semantic_labels'
