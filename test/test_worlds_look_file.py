# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Domain randomisation: a look from a file of ranges, in rooms, images and exports."""

import dataclasses
import itertools
import math
from pathlib import Path

import exported_rooms
import numpy as np
import pytest
from room_checks import overlaps

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.worlds.export.write import export
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera
from depth_distill_ros.worlds.mujoco.pool import (
    VERTICAL_FOV,
    RenderedPool,
    canonical_depth,
    held_out_frames,
)
from depth_distill_ros.worlds.rooms import look_file
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.generate import generate
from depth_distill_ros.worlds.rooms.trajectory import poses

STREAM = look_file.named('stream')
SHIPPED = Path(__file__).resolve().parents[1] / 'sim' / 'randomisation.yaml'
SMALL = (48, 64)


@pytest.fixture(scope='module')
def look():
    return look_file.load(SHIPPED)


@pytest.fixture(scope='module')
def rooms(look):
    return [generate(look, (k, 0)) for k in range(16)]


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / 'my.yaml'
        path.write_text(text)
        return path
    return written


def test_the_same_seed_gives_the_same_room(look, rooms):
    again = generate(look, (3, 0))
    assert (again.objects, again.lights, again.ambient) == (
        rooms[3].objects, rooms[3].lights, rooms[3].ambient)
    assert rooms[3].objects != rooms[4].objects


def test_an_empty_file_changes_nothing(write):
    plain, same = generate(STREAM, (5, 0)), generate(look_file.load(write('')), (5, 0))
    assert [t.name for t in same.objects] == [t.name for t in plain.objects]
    assert same.lights == plain.lights and same.ambient == plain.ambient
    for a, b in zip(plain.objects, same.objects, strict=True):
        assert (a.position, a.yaw, a.label) == (b.position, b.yaw, b.label)
        assert [p.material.colour for p in a.parts] == [p.material.colour for p in b.parts]


def test_what_the_file_leaves_out_is_the_base_s(write):
    look = look_file.load(write('base: target\nroom: {ceiling: [3.0, 3.5]}\n'))
    assert look.ceiling == (3.0, 3.5)
    target = look_file.named('target')
    assert look.wall == target.wall and look.sensor == target.sensor
    assert look.name == 'my'


def test_rooms_differ_in_light_paint_and_litter_more_than_the_stream_s(look, rooms):
    usual = [generate(STREAM, (k, 0)) for k in range(16)]

    def spread(some, measure):
        return np.std([measure(room) for room in some])

    def brightness(room):
        return np.mean(room.ambient) + sum(np.mean(light.colour) for light in room.lights)

    def litter(room):
        return sum(t.position[2] == 0 and t.name not in ('floor', 'wall', 'rug', 'door') and
                   t.bounds()[1][2] < 0.35 for t in room.objects)

    def paints(room):
        return np.mean([len({p.material.texture for p in t.parts}) for t in room.objects])

    assert spread(rooms, brightness) > 1.3 * spread(usual, brightness)
    assert sum(map(litter, rooms)) > 2 * sum(map(litter, usual))
    assert spread(rooms, paints) > 0
    assert {len([x for x in room.lights if x.kind == 'spot']) for room in rooms} == {1, 2, 3}
    assert max(room.size[2] for room in rooms) > 2.9


def test_the_look_of_a_room_is_its_own_but_its_classes_and_textures_are_real(rooms):
    for room in rooms:
        assert {3, 5, 12} <= {thing.label for thing in room.objects}
        assert len(room.lights) <= 7
        for thing in room.objects:
            for part in thing.parts:
                assert part.material.texture is None or part.material.texture in room.textures
                assert all(0.0 <= c <= 1.0 for c in part.material.colour)


def test_litter_lies_in_nothing_else(rooms):
    for room in rooms[:6]:
        solid = [t for t in room.objects if t.name not in ('floor', 'wall', 'ceiling', 'rug')]
        assert not overlaps(solid, 0.006)


def test_the_camera_stays_in_its_ranges_and_uses_them(look):
    room = generate(look, (1, 0))
    space = FreeSpace(room)
    track = np.array([tuple(next(poses(space, look, np.random.default_rng(k), 0.3)))
                      for k in range(60)])
    height, pitch, roll = track[:, 2], np.degrees(track[:, 4]), np.degrees(track[:, 5])
    assert 0.25 <= height.min() and height.max() <= 0.95 and np.ptp(height) > 0.5
    assert -18.01 <= pitch.min() and pitch.max() <= 6.01 and np.ptp(pitch) > 8
    assert np.abs(roll).max() <= 5.001 and np.ptp(roll) > 3


def test_images_come_with_the_field_of_view_of_their_room():
    with SimulatedCamera(str(SHIPPED), 2, SMALL, frames_per_room=2) as camera:
        taken = list(itertools.islice(camera, 8))
    angles = [math.degrees(frame.intrinsics.vertical_fov) for frame in taken]
    assert angles[::2] == angles[1::2]
    assert len(set(angles)) == 4 and 38 <= min(angles) and max(angles) <= 62
    assert all(np.isfinite(frame.depth).all() for frame in taken)


def test_a_field_of_view_shows_in_the_image(write):
    def first(text):
        with SimulatedCamera(str(write(text)), 2, SMALL) as camera:
            return next(camera)

    narrow, wide = (first(f'camera: {{vertical_fov: [{a}, {a}]}}') for a in (25, 60))
    # The middle half of the wide one is what the narrow one sees, but for a few edges.
    slope = narrow.intrinsics.fy / wide.intrinsics.fy
    rows = np.round(23.5 + (np.arange(48) - 23.5) / slope).astype(int)
    columns = np.round(31.5 + (np.arange(64) - 31.5) / slope).astype(int)
    seen = wide.depth[np.ix_(rows, columns)]
    assert (np.abs(seen - narrow.depth) < 0.05 * narrow.depth).mean() > 0.85


def test_training_learns_depth_as_the_lens_on_its_card_would_have_taken_the_image(write):
    path = write('camera: {vertical_fov: [60, 60]}')
    _, depth = held_out_frames(str(path), 2, 1, SMALL, SMALL, frames_per_room=2)
    with SimulatedCamera(str(path), 2, (240, 320), stride=0.35) as camera:
        seen = next(camera)
    # Half the image's height is tan(30 deg) of the distance here, tan(22.5 deg) there.
    further = math.tan(math.radians(30)) / math.tan(math.radians(22.5))
    nearest = View.fit((240, 320), SMALL).depth(seen.depth)
    np.testing.assert_allclose(depth[0], further * nearest, rtol=1e-5)
    np.testing.assert_array_equal(canonical_depth(dataclasses.replace(
        seen, intrinsics=Intrinsics.from_vertical_fov(VERTICAL_FOV, (240, 320)))), seen.depth)


@pytest.mark.slow
def test_a_file_of_ranges_feeds_training():
    pool = RenderedPool(str(SHIPPED), 3, SMALL, SMALL, capacity=64, frames_per_room=2)
    try:
        images, depth = pool.draw(8)
        assert images.float().std() > 10 and 0.2 < depth.min() and depth.max() < 20
    finally:
        pool.close()


def test_exports_take_the_camera_the_exposure_and_the_noise(look, tmp_path):
    export('gazebo', look, [5], tmp_path, SMALL)
    world = tmp_path / 'room_5' / 'room.sdf'
    _, camera = exported_rooms.sdf(world)
    with SimulatedCamera(str(SHIPPED), 5, SMALL) as simulated:
        frame = next(simulated)
        pose = simulated.pose
    np.testing.assert_allclose(camera.position[2], pose.z, atol=1e-5)
    assert math.degrees(2 * math.atan(camera.slopes[1])) == pytest.approx(
        math.degrees(frame.intrinsics.vertical_fov))
    assert '<stddev>' in world.read_text()


@pytest.mark.parametrize('text, message', [
    ('[1, 2]', 'must be a mapping of base, room'),
    ('{', 'not valid YAML'),
    ('base: mars', "base: 'mars' is none of stream, target"),
    ('weather: {rain: 1}', 'weather: no such section; there are base, room'),
    ('room: 3', 'room: must be a mapping of kinds'),
    ('room: {colour: 1}', 'room.colour: no such key'),
    ('room: {kinds: {cellar: 1}}', 'room.kinds: expected weights.*bedroom'),
    ('room: {kinds: {bedroom: 0}}', 'not all 0'),
    ('room: {side: [3, 4]}', 'room.side: the longest must be at least 4.5'),
    ('camera: {height: [0.9, 0.3]}', r'camera.height: expected \[low, high\] within 0.1 to 1'),
    ('camera: {height: 0.5}', r'camera.height: expected \[low, high\]; got 0.5'),
    ('camera: {pitch: [-10, .nan]}', 'camera.pitch'),
    ('camera: {roll: yes}', 'camera.roll: expected a number from 0 to 30; got True'),
    ('clutter: {litter: [0, 2.5]}', 'clutter.litter: expected whole numbers'),
    ('lights: {lamps: [0, 9]}', 'lights.lamps.*within 0 to 3'),
    ('colours: {wall: [{weight: 1}]}', 'colours.wall: expected a list'),
    ('colours: {wall: [{weight: a, hue: [0, 1], saturation: [0, 1], value: [0, 1]}]}',
     'colours.wall: expected a number'),
    ('sensor: {exposure: [0, 1]}', 'sensor.exposure'),
])
def test_a_mistake_in_the_file_is_one_line_that_names_it(write, text, message):
    with pytest.raises(DepthDistillError, match=message) as error:
        look_file.load(write(text))
    assert 'my.yaml: ' in str(error.value) and '\n' not in str(error.value)


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path):
    with pytest.raises(DepthDistillError, match='cannot be read: No such file'):
        look_file.named(str(tmp_path / 'none.yaml'))
    (tmp_path / 'b.yaml').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(DepthDistillError, match='it is not a text file'):
        look_file.named(str(tmp_path / 'b.yaml'))
    with pytest.raises(DepthDistillError, match="'mars'"):
        look_file.named('mars')
