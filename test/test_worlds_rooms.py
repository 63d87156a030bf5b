# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms as data: what they hold, where it stands, where a robot may go."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from room_checks import overlaps

from depth_distill_ros import worlds
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.classes import (
    BED,
    BOOKS,
    CEILING,
    CHAIR,
    FLOOR,
    FURNITURE,
    OBJECTS,
    SOFA,
    TABLE,
    TV,
    WALL,
    WINDOW,
)
from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.rooms import look_file, textures
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.furniture import seating, small, storage, tables
from depth_distill_ros.worlds.rooms.generate import generate
from depth_distill_ros.worlds.rooms.layouts import LAYOUTS
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.placement import Placer, relative
from depth_distill_ros.worlds.rooms.trajectory import poses

LOOKS = tuple(map(look_file.named, look_file.BUILT_IN))
STREAM, TARGET, *_ = LOOKS
# What every room of a kind has (or nearly every one), and what some of them have.
CHARACTER = {
    'bedroom': ({BED, FURNITURE}, {OBJECTS}),
    'living room': ({SOFA, FURNITURE}, {TV, TABLE}),
    'dining room': ({TABLE, CHAIR}, {FURNITURE}),
    'office': ({TABLE, CHAIR, TV}, {FURNITURE, BOOKS}),
    'kitchen': ({FURNITURE}, {TABLE, CHAIR, OBJECTS}),
}


@pytest.fixture(scope='module')
def rooms():
    return {(look.name, kind): [generate(look, (7, k), kind) for k in range(4)]
            for look in LOOKS for kind in LAYOUTS}


def everything(rooms):
    return list(itertools.chain.from_iterable(rooms.values()))


def plain(room):
    """Return a room's data without its arrays, to compare by value."""
    return (room.kind, room.size, room.objects, room.ambient, room.lights)


def test_the_same_seed_gives_the_same_room_and_another_seed_another():
    first, again, other = (generate(STREAM, seed) for seed in ((3, 1), (3, 1), (3, 2)))
    assert plain(first) == plain(again)
    assert first.textures.keys() == again.textures.keys()
    for name, image in first.textures.items():
        np.testing.assert_array_equal(image, again.textures[name])
    assert plain(first) != plain(other)


@pytest.mark.parametrize('look', look_file.BUILT_IN)
@pytest.mark.parametrize('kind', LAYOUTS)
def test_every_kind_of_room_has_the_classes_that_make_it_one(rooms, look, kind):
    always, mostly = CHARACTER[kind]
    labels = [{thing.label for thing in room.objects} for room in rooms[look, kind]]
    for found in labels:
        assert {FLOOR, WALL, CEILING} <= found
    assert sum(always <= found for found in labels) >= 3
    assert all(any(label in found for found in labels) for label in mostly | {WINDOW})


def test_nothing_enters_anything_else(rooms):
    for room in everything(rooms):
        solid = [t for t in room.objects if t.name not in ('floor', 'wall', 'ceiling', 'rug')]
        assert not overlaps(solid, 0.006), room.kind


def test_the_check_of_overlaps_finds_one():
    m = Materials(STREAM, np.random.default_rng(0))
    desk = tables.desk(m, 1.4)
    assert overlaps([desk.at(1.0, 1.0), desk.at(1.5, 1.2)], 0.006)
    assert not overlaps([desk.at(1.0, 1.0), desk.at(4.0, 1.0)], 0.006)


def test_everything_stays_inside_and_stands_on_something(rooms):
    for room in everything(rooms):
        furniture = [t for t in room.objects if t.name not in ('floor', 'wall', 'ceiling')]
        tops = [0.0] + [z for t in furniture for z in t.boxes()[:, 1, 2]]
        for thing in furniture:
            low, high = thing.bounds()
            assert (low >= -0.01).all(), thing.name
            assert (high <= np.array(room.size) + 0.01).all(), thing.name
            hangs = thing.name in ('picture', 'window', 'curtain', 'wall shelf', 'wall units',
                                   'ceiling lamp')
            assert hangs or np.abs(np.array(tops) - thing.position[2]).min() < 0.002, thing.name


def test_sizes_are_those_of_real_rooms_and_furniture(rooms):
    looks = {look.name: look for look in LOOKS}
    for look, room in ((looks[name], room) for (name, _), some in rooms.items() for room in some):
        assert all(look.side[0] <= side <= look.side[1] for side in room.size[:2])
        assert look.ceiling[0] <= room.size[2] <= look.ceiling[1]
        for thing in room.objects:
            low, high = thing.bounds()
            if thing.name == 'chair':
                assert 0.75 < (high - low)[2] < 1.05
            if thing.name == 'table':
                assert 0.34 < (high - low)[2] < 0.78
            if thing.name == 'bed':
                assert 1.9 < max((high - low)[:2]) < 2.4


def test_a_room_is_plain_data_with_every_texture_it_names(rooms):
    for room in everything(rooms):
        for thing in room.objects:
            for part in thing.parts:
                assert part.shape in ('box', 'cylinder', 'ellipsoid')
                assert min(part.size) > 0
                assert part.material.texture is None or part.material.texture in room.textures
        assert all(np.linalg.norm(light.direction) == pytest.approx(1.0) for light in room.lights)
        assert len(room.lights) <= 6


def test_the_camera_never_comes_close_to_anything(rooms):
    for room in everything(rooms)[::3]:
        look = TARGET
        space = FreeSpace(room)
        assert space.area >= 2.0
        boxes = np.concatenate([thing.boxes() for thing in room.objects
                                if thing.name not in ('floor', 'ceiling', 'rug', 'wall')])
        boxes = boxes[(boxes[:, 0, 2] < 1.0) & (boxes[:, 1, 2] > 0.05), :, :2]
        way = poses(space, look, np.random.default_rng(5), 0.3)
        for pose in itertools.islice(way, 40):
            at = np.array([pose.x, pose.y])
            away = np.maximum(np.maximum(boxes[:, 0] - at, at - boxes[:, 1]), 0.0)
            assert np.hypot(*away.T).min() > 0.30
            assert min(*at, *(np.array(room.size[:2]) - at)) > 0.30


def test_the_way_of_a_live_camera_is_smooth():
    room = generate(TARGET, 12)
    way = poses(FreeSpace(room), TARGET, np.random.default_rng(0), 0.06)
    track = np.array([tuple(p) for p in itertools.islice(way, 300)])
    step = np.abs(np.diff(track, axis=0))
    assert np.hypot(step[:, 0], step[:, 1]).max() <= 0.0801
    assert step[:, 3].max() <= 0.0801 * 1.6
    assert np.degrees(step[:, 4:].max()) < 0.8
    assert np.ptp(track[:, 2]) == 0.0
    assert np.hypot(*np.ptp(track[:, :2], axis=0)) > 0.5, 'it stays where it is'


@pytest.mark.parametrize('look', (STREAM, TARGET), ids=lambda look: look.name)
def test_the_camera_mount_keeps_to_its_look(look):
    room = generate(look, 3)
    space = FreeSpace(room)
    track = np.array([tuple(next(poses(space, look, np.random.default_rng(k), 0.3)))
                      for k in range(40)])
    assert np.abs(track[:, 2] - 0.60).max() <= look.camera_height[1]
    assert np.abs(np.degrees(track[:, 4]) + 6.0).max() <= 4.001
    assert np.abs(np.degrees(track[:, 5])).max() <= 2.001
    assert np.ptp(track[:, 2]) > look.camera_height[1]


def test_a_turned_parent_carries_what_stands_on_it():
    m = Materials(STREAM, np.random.default_rng(0))
    desk = tables.desk(m, 1.4).at(2.0, 3.0, 0.0, np.pi / 2)
    lamp = relative(desk, small.table_lamp(m), 0.5, 0.1, 0.74)
    np.testing.assert_allclose(lamp.position, (1.9, 3.5, 0.74), atol=1e-12)


def test_bounds_follow_rotation():
    m = Materials(STREAM, np.random.default_rng(0))
    piece = storage.wardrobe(m, 1.5)
    (low, high), (low_turned, high_turned) = piece.bounds(), piece.at(0, 0, 0, np.pi / 2).bounds()
    np.testing.assert_allclose((high - low)[[1, 0, 2]], high_turned - low_turned, atol=1e-9)
    np.testing.assert_allclose(rotation((0, 0, np.pi / 2)) @ (1, 0, 0), (0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(rotation((np.pi / 2, 0, 0)) @ (0, 1, 0), (0, 0, 1), atol=1e-12)


def test_what_does_not_fit_is_refused():
    rng = np.random.default_rng(0)
    m, room = Materials(STREAM, rng), Placer((3.0, 3.0, 2.5), rng)
    sofa = seating.sofa(m, 3)
    assert room.try_add(sofa.at(1.5, 1.5))
    assert room.try_add(sofa.at(1.5, 1.6)) is None
    assert room.try_add(seating.chair(m).at(2.9, 2.9)) is None, 'through the wall'
    assert room.against_wall(storage.wardrobe(m, 3.5)) is None, 'wider than the room'


def test_textures_that_repeat_have_no_seam():
    rng = np.random.default_rng(2)
    colour = np.array([0.6, 0.5, 0.4], np.float32)
    for kind in ('plaster', 'carpet', 'wood'):
        values = textures.uneven(kind, rng, colour, 0.3).astype(float)
        inner = np.abs(np.diff(values, axis=0)).mean()
        seam = np.abs(values[0] - values[-1]).mean()
        assert seam < 2.0 * inner + 1.0


def test_an_unknown_look_is_an_error_that_names_the_choices():
    with pytest.raises(DepthDistillError, match="'mars'.*stream, target"):
        look_file.named('mars')


def test_the_old_name_of_the_target_look_is_accepted():
    assert look_file.named('robot') == look_file.named('target')


def test_no_two_files_of_the_worlds_share_a_name():
    files = [path.name for path in Path(worlds.__file__).parent.rglob('*.py')
             if path.name != '__init__.py']
    assert len(files) > 30 and len(set(files)) == len(files)


def test_an_object_that_was_moved_has_the_bounds_of_one_that_was_made_there():
    room = generate(look_file.named('stream'), (0, 3))
    for thing in room.objects:
        moved = thing.at(1.0, 2.0, 0.5, 0.7).at(-1.0, 0.3, 0.0, 2.1)
        made = type(thing)(thing.name, thing.label, thing.parts, thing.surfaces,
                           (-1.0, 0.3, 0.0), 2.1)
        np.testing.assert_array_equal(moved.boxes(), made.boxes())
        assert moved == made
    assert any(part.rpy != (0.0, 0.0, 0.0) for thing in room.objects for part in thing.parts)
