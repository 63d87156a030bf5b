# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Isaac Sim script, on a real USD stage with the application's modules recorded."""

import ast
import importlib.util
import json
from pathlib import Path
import re
import shutil
import sys

import exported_rooms
from isaac_recorder import Recorder
import numpy as np
import pytest
import yaml

from depth_distill_ros.worlds.export.write import export
from depth_distill_ros.worlds.rooms import look_file

ISAAC = Path(__file__).resolve().parents[1] / 'sim' / 'isaac'
SCRIPT = ISAAC / 'stream.py'
SCRIPTS = (SCRIPT, ISAAC / 'publishing.py')
ROOTS = ('isaacsim', 'omni', 'usdrt', 'pxr', 'carb')


@pytest.fixture(scope='module')
def script():
    # As for a script that is run: its folder comes first.
    sys.path.insert(0, str(ISAAC))
    spec = importlib.util.spec_from_file_location('isaac_stream', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(ISAAC))
    return module


@pytest.fixture(scope='module')
def rooms(tmp_path_factory):
    out = tmp_path_factory.mktemp('rooms')
    return export('isaac', look_file.named('stream'), [3, 4], out, (48, 64), texture_rows=16)


def test_the_script_shows_room_after_room_and_publishes_all_topics(script, rooms, monkeypatch):
    isaac = Recorder(monkeypatch)
    _, camera = exported_rooms.usd(rooms[0])
    assert script.main([*map(str, rooms), '--rooms', '3', '--frames-per-room', '5', '--updates',
                        '2', '--size', '48', '64', '--seed', '9']) == 0
    assert [call for call in isaac.calls if call[0] in ('play', 'stop')] == [
        ('play',), ('stop',)] * 3
    assert isaac.calls[-1] == ('close',)
    assert ('extension', 'isaacsim.ros2.bridge', True) in isaac.calls
    assert [c[1] for c in isaac.calls if c[0] == 'seed'] == [9, 10, 11]
    where, what = isaac.graph
    values = dict(what['values'])
    assert values['semantic_segmentation.inputs:enableSemanticLabels'] is True
    assert {values[f'{kind}.inputs:topicName'] for kind in (
        'rgb', 'depth', 'semantic_segmentation')} == {
        'simulator/image_raw', 'simulator/depth', 'simulator/semantics'}
    assert (values['render.inputs:height'], values['render.inputs:width']) == (48, 64)
    assert {values[f'{kind}.inputs:resetSimulationTimeOnStop'] for kind in (
        'rgb', 'depth', 'semantic_segmentation', 'info')} == {False}
    assert not any('frameSkipCount' in key for key in values), 'deprecated in 6.0'
    nodes = {name for name, _ in what['nodes']}
    ends = [end for pair in what['connect'] for end in pair] + list(values)
    assert {end.partition('.')[0] for end in ends} == nodes
    assert isaac.stage.GetPrimAtPath('/World/PhysicsScene').GetTypeName() == 'PhysicsScene'
    assert len(isaac.published) == 3 * 5
    # The first pose of the way is where the export has put the camera.
    first = isaac.published[0]
    np.testing.assert_allclose(first[3, :3], camera.position, atol=1e-5)
    np.testing.assert_allclose(np.stack([-first[2, :3], -first[0, :3], first[1, :3]], axis=1),
                               camera.turn, atol=1e-5)
    way = np.loadtxt(rooms[0].with_name('way.csv'), delimiter=',', skiprows=1)
    shown = [pose[3, :3] for pose in isaac.published]
    np.testing.assert_allclose(shown[:5], way[:5, :3], atol=1e-5)
    # The first room comes again, and its way goes on.
    np.testing.assert_allclose(shown[10:], way[5:10, :3], atol=1e-5)


def test_no_view_of_a_room_is_shown_twice(script, rooms, monkeypatch, tmp_path):
    isaac = Recorder(monkeypatch)
    short = tmp_path / 'room_3' / 'room.usda'
    short.parent.mkdir()
    short.write_text(rooms[0].read_text())
    way = rooms[0].with_name('way.csv').read_text().splitlines()
    short.with_name('way.csv').write_text('\n'.join(way[:31]))
    assert script.main([str(short), '--rooms', '2', '--frames-per-room', '60', '--updates', '1',
                        '--seed', '0']) == 0
    poses = np.array(isaac.published)
    assert len(poses) == 120 and len(np.unique(poses.round(6), axis=0)) == 120
    assert np.abs(poses[30:60, 3, :3] - poses[:30, 3, :3]).max() <= 0.12 + 1e-6


@pytest.mark.parametrize('updates', ['1', '2'])
def test_a_pause_in_the_window_costs_no_pose_and_publishes_none_again(
        script, rooms, monkeypatch, updates):
    isaac = Recorder(monkeypatch)
    isaac.paused = 7
    script.main([str(rooms[0]), '--rooms', '1', '--frames-per-room', '5', '--updates', updates,
                 '--seed', '0'])
    assert len(isaac.published) == 5 and not isaac.paused
    way = np.loadtxt(rooms[0].with_name('way.csv'), delimiter=',', skiprows=1)
    np.testing.assert_allclose([pose[3, :3] for pose in isaac.published], way[:5, :3], atol=1e-5)


def test_topics_may_have_a_namespace_and_the_clock_has_none(script, rooms, monkeypatch):
    isaac = Recorder(monkeypatch)
    script.main([str(rooms[0]), '--rooms', '1', '--frames-per-room', '1', '--namespace', '/r1/'])
    values = dict(isaac.graph[1]['values'])
    assert {value for key, value in values.items() if key.endswith(':nodeNamespace')} == {'r1'}
    assert sum(key.endswith(':nodeNamespace') for key in values) == 4
    assert 'clock.inputs:nodeNamespace' not in values


@pytest.mark.parametrize('missing, message', [
    ('bridge', 'the ROS 2 bridge did not start (Could not create node using unrecognized type'),
    ('publishers', 'the publishers of the camera did not come up'),
    ('stage', 'room.usda: Isaac Sim cannot open it')])
def test_what_isaac_sim_cannot_do_is_one_line_that_is_out_before_it_ends_the_process(
        script, rooms, monkeypatch, capsys, missing, message):
    isaac = Recorder(monkeypatch)
    if missing == 'stage':
        isaac.open_stage = lambda path: False
    else:
        setattr(isaac, missing, False)
    told = []
    isaac.close = lambda: told.append(capsys.readouterr().err)
    assert script.main([str(rooms[0]), '--rooms', '1']) == 1
    lines, = (text.splitlines() for text in told)
    assert len(lines) == 1 and message in lines[0]


def test_an_error_of_isaac_sims_own_is_told_before_it_ends_the_process(
        script, rooms, monkeypatch, capsys):
    isaac = Recorder(monkeypatch)
    sys.modules['omni.graph.core'].Controller.edit = None
    told = []
    isaac.close = lambda: told.append(capsys.readouterr().err)
    assert script.main([str(rooms[0]), '--rooms', '1']) == 1
    assert "TypeError: 'NoneType' object is not callable" in told[0]


def test_lights_and_surfaces_are_drawn_anew_between_frames(script, rooms, monkeypatch, tmp_path):
    isaac = Recorder(monkeypatch)
    file = tmp_path / 'r.yaml'
    file.write_text('between_frames: {every: 2, light: [0.5, 2.0]}')
    script.main([str(rooms[0]), '--rooms', '1', '--frames-per-room', '5', '--light-gain', '3',
                 '--randomisation', str(file)])
    assert sum(call[0] == 'event' for call in isaac.calls) == 3
    prims = [call[1] for call in isaac.calls if call[0] == 'prim']
    assert '/World/Lights/lamp_0' in prims
    large = prims[-1]
    assert len(large) == 5 and all(
        isaac.stage.GetPrimAtPath(path).HasAttribute('primvars:st') for path in large)
    lamp = float(re.search(r'DiskLight "lamp_0".*?inputs:intensity = ([\d.]+)',
                           rooms[0].read_text(), re.DOTALL)[1])
    assert any(call[1:] == ('inputs:intensity', pytest.approx((1.5 * lamp, 6.0 * lamp), rel=1e-4))
               for call in isaac.calls if call[0] == 'modify')
    textures, = (call[1] for call in isaac.calls if call[0] == 'textures')
    assert all(Path(path).is_file() for path in textures)


def test_a_room_that_comes_again_is_as_bright_as_before(script, rooms, monkeypatch):
    isaac = Recorder(monkeypatch)
    script.main([str(rooms[0]), '--rooms', '3', '--frames-per-room', '1', '--light-gain', '3'])
    drawn = [call[2] for call in isaac.calls if call[:2] == ('modify', 'inputs:intensity')]
    once = len(drawn) // 3
    assert once and drawn[:once] == drawn[once:2 * once] == drawn[2 * once:]


def test_without_randomisation_nothing_of_replicator_is_asked(script, rooms, monkeypatch,
                                                              tmp_path):
    isaac = Recorder(monkeypatch)
    (tmp_path / 'r.yaml').write_text('between_frames: {every: 0}')
    script.main([str(rooms[0]), '--rooms', '1', '--frames-per-room', '2', '--randomisation',
                 str(tmp_path / 'r.yaml')])
    assert not {'event', 'seed', 'prim'} & {call[0] for call in isaac.calls}


def test_the_shipped_randomisation_is_understood(script):
    path = ISAAC.parent / 'randomisation.yaml'
    assert script.read_randomisation(path) == yaml.safe_load(path.read_text())['between_frames']
    assert script.read_randomisation(None) == script.DEFAULTS


@pytest.mark.parametrize('text, message', [
    ('between_frames: {when: 3}', 'expected every, light, tint, surfaces'),
    ('between_frames: {light: [2, 1]}', 'light must be'),
    ('{', 'no YAML mapping'), ('[1]', 'no YAML mapping')])
def test_bad_files_are_one_line_before_anything_starts(script, rooms, tmp_path, capsys, text,
                                                       message):
    (tmp_path / 'r.yaml').write_text(text)
    assert script.main([str(rooms[0]), '--randomisation', str(tmp_path / 'r.yaml')]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


def test_a_way_with_a_gap_is_named_with_its_line(script, rooms, tmp_path, capsys):
    shutil.copy(rooms[0], tmp_path)
    (tmp_path / 'way.csv').write_text('x,y,z,roll,pitch,yaw\n1,2,3,0,0,0\n1,2,,0,0,0\n')
    assert script.main([str(tmp_path / 'room.usda')]) == 2
    assert 'way.csv, line 3' in capsys.readouterr().err


def names_used(paths):
    """Return every dotted name of Isaac Sim in scripts: imported, reached, or in a string."""
    tree = ast.parse(''.join(path.read_text().replace(
        'from __future__ import annotations', '') for path in paths))
    roots, used = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition('.')[0] in ROOTS:
                    roots[alias.asname or alias.name.partition('.')[0]] = (
                        alias.name if alias.asname else alias.name.partition('.')[0])
        elif isinstance(node, ast.ImportFrom) and node.module.partition('.')[0] in ROOTS:
            for alias in node.names:
                roots[alias.asname or alias.name] = f'{node.module}.{alias.name}'
                used.add(f'{node.module}.{alias.name}')
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(
                r'(isaacsim|omni)(\.\w+)+', node.value):
            used.add(node.value)
        parts, end = [], node
        while isinstance(end, ast.Attribute):
            parts.append(end.attr)
            end = end.value
        if parts and isinstance(end, ast.Name) and end.id in roots:
            used.add('.'.join([roots[end.id], *reversed(parts)]))
    # Of a chain only its end counts.
    return {name for name in used if not any(other.startswith(name + '.') for other in used)
            or name == 'isaacsim.ros2.bridge'}


def test_every_name_of_isaac_sim_is_listed_with_its_versions():
    for path in SCRIPTS:
        compile(path.read_text(), str(path), 'exec')
    text = (ISAAC / 'README.md').read_text()
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in text[text.index('| name |'):].splitlines() if line.startswith('| `')]
    listed = {row[0].strip('`') for row in rows}
    assert listed == names_used(SCRIPTS)
    assert all(len(row) == 4 and all(row) for row in rows)


def test_the_names_that_arrive_are_lower_case_words_of_the_class_table(rooms):
    from depth_distill_ros.stream.classes import NYU13

    things, _ = exported_rooms.usd(rooms[0])
    names = {thing.label for thing in things.values()}
    assert names <= set(NYU13) and json.dumps(sorted(names)) == json.dumps(sorted(names)).lower()
