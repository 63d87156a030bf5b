# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Gazebo opens: the shipped world, the bridges' types, what the launch starts."""

import importlib
from pathlib import Path
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import exported_rooms
import numpy as np
import pytest
import yaml

from depth_distill_ros.ros import bringup, simulators
from depth_distill_ros.settings.launch import GazeboLaunch, IsaacLaunch, LoopLaunch
from depth_distill_ros.worlds.export.write import export
from depth_distill_ros.worlds.rooms import look_file

pytestmark = pytest.mark.slow

GAZEBO = Path(__file__).resolve().parents[1] / 'sim' / 'gazebo'
ROOM = GAZEBO / 'room_35'
SCRIPT = GAZEBO / 'fly_camera.py'
WORLDS = {'room.sdf': 'gz.msgs', 'room.fortress.sdf': 'ignition.msgs'}
BRIDGES = sorted(GAZEBO.glob('*.yaml'))


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


def test_the_worlds_cameras_are_as_fast_as_the_flight():
    root = ElementTree.parse(ROOM / 'room.sdf').getroot()
    rates = {float(rate.text) for rate in root.iter('update_rate')}
    assert rates == {GazeboLaunch().poses_per_second}


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
