# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The renderer's images, depth and classes, and the folders that it fills."""

import json
import math
import resource
import shutil
import signal
import sys

import numpy as np
from path_tracing import needs_path_tracing
import pytest

from depth_distill_ros.apps import cli
from depth_distill_ros.apps.commands._bench_render import write_sheet
from depth_distill_ros.datasets.readers.folder import FolderReader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.classes import CHAIR, OBJECTS, TABLE, WALL
from depth_distill_ros.worlds.path_traced.dataset import render, render_room
from depth_distill_ros.worlds.path_traced.exact_depth import ExactDepth
from depth_distill_ros.worlds.path_traced.meshes import box, polygon
from depth_distill_ros.worlds.path_traced.thing import Part
from depth_distill_ros.worlds.path_traced.traced_materials import Material
from depth_distill_ros.worlds.path_traced.traced_room import Sun
from depth_distill_ros.worlds.path_traced.tracer import Tracer
from depth_distill_ros.worlds.path_traced.world import World
from depth_distill_ros.worlds.pose import Pose

pytestmark = [needs_path_tracing, pytest.mark.slow]

CAMERA = Intrinsics.from_vertical_fov(math.radians(50.0), (24, 32))
MATT = Material('matt', (0.7, 0.6, 0.5))
TINY = World({'train': 2, 'val': 1, 'test': 1}, {'train': 2, 'val': 1, 'test': 1}, (24, 32),
             samples=2, seed=77)


def wall(x, label=WALL, high=20.0):
    """Return the plane x = const, lit by nothing."""
    return Part(polygon([(x, 20, -high), (x, -20, -high), (x, -20, high), (x, 20, high)]), MATT,
                label)


def rays(pose):
    """Return the direction through each pixel's centre, of length 1 along the optical axis."""
    rows, columns = np.mgrid[0:CAMERA.height, 0:CAMERA.width]
    local = np.stack([(columns - CAMERA.cx) / CAMERA.fx, (rows - CAMERA.cy) / CAMERA.fy,
                      np.ones(rows.shape)], axis=2)
    right, up, forward = pose.axes()
    return local @ np.stack([right, -up, forward])


def silent(_line):
    pass


@pytest.fixture(scope='module')
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp('rendered') / 'rooms'
    lines = []
    render(TINY, folder, 1, lines.append)
    assert lines[-1].startswith('4/4 rooms')
    return folder


def test_exact_depth_alone_is_that_of_the_rendered_frames(rendered):
    reader, exact = FolderReader(rendered / 'train'), ExactDepth(TINY, 'train', 2)
    assert len(exact) == len(reader) == 4
    for index in range(4):
        np.testing.assert_allclose(exact[index].depth, reader[index].depth, rtol=1e-6)
        assert exact[index].name == reader[index].name
        np.testing.assert_allclose(exact[index].intrinsics.matrix(),
                                   reader[index].intrinsics.matrix())
    with pytest.raises(IndexError):
        exact[4]


@pytest.mark.parametrize('pose', [
    Pose(0.0, 0.0, 1.0, 0.0, 0.0, 0.0), Pose(0.5, 1.0, 0.8, 0.5, -0.3, 0.2)],
    ids=['head on', 'at an angle'])
def test_depth_is_along_the_optical_axis_at_pixel_centres(pose):
    frame = Tracer([wall(3.0)], None).frame(pose, CAMERA, 1, 0)
    expected = (3.0 - pose.position[0]) / rays(pose)[..., 0]
    np.testing.assert_allclose(frame.depth, expected, rtol=1e-5)
    if pose.yaw == 0:
        # the distance to a corner's point would be 15 % more
        np.testing.assert_allclose(frame.depth, 3.0, rtol=1e-5)


def test_classes_are_those_of_what_is_nearest():
    pose = Pose(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    parts = [wall(4.0), Part(box((0.4, 0.5, 0.5), (2.2, 0, -0.25)), MATT, TABLE),
             Part(box((0.4, 0.5, 0.5), (2.2, 1.0, -0.25)), Material('gloss'), CHAIR)]
    frame = Tracer(parts, None).frame(pose, CAMERA, 1, 0)
    direction = rays(pose)
    y, z = (2.0 * direction[..., k] / direction[..., 0] for k in (1, 2))
    front = (abs(y) < 0.25) & (abs(z) < 0.25)
    assert (frame.semantics[front] == TABLE).all()
    np.testing.assert_allclose(frame.depth[front], 2.0, rtol=1e-5)
    # y points left in the room
    assert (frame.semantics[12, :10] == CHAIR).any()
    assert not (frame.semantics[:, 20:] == CHAIR).any()
    assert frame.semantics[0, 0] == WALL


def test_where_a_ray_meets_nothing_depth_is_invalid_and_the_class_unknown():
    pose = Pose(0.0, 0.0, 0.0, math.pi, 0.0, 0.0)
    lamp = Part(box((0.2, 0.2, 0.2), (-3, 0, 0)), Material('light', (1, 1, 1)), OBJECTS)
    frame = Tracer([wall(3.0), lamp], None).frame(pose, CAMERA, 1, 0)
    assert np.isnan(frame.depth[0, 0]) and frame.semantics[0, 0] == 0
    assert np.isfinite(frame.light).all()


def test_the_sun_is_added_to_the_lamps():
    pose = Pose(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    sun = Sun((1.0, 0.0, 0.0), (2.0, 2.0, 2.0))
    dark, sunny = (Tracer([wall(3.0)], light).frame(pose, CAMERA, 4, 0).light
                   for light in (None, sun))
    assert dark.max() < 1e-3
    # a matt wall of albedo a under irradiance e sends out a e / pi
    linear = ((np.array(MATT.colour) + 0.055) / 1.055) ** 2.4
    np.testing.assert_allclose(np.median(sunny, axis=(0, 1)), 2.0 * linear / math.pi, rtol=0.05)


def test_a_folder_reader_finds_images_depth_classes_and_one_camera(rendered):
    for split, count in (('train', 4), ('val', 1), ('test', 1)):
        reader = FolderReader(rendered / split)
        assert len(reader) == count
        for index in range(count):
            sample = reader[index]
            assert sample.image.shape == (24, 32, 3) and sample.image.std() > 1
            assert 0.2 < np.nanmedian(sample.depth) < 8 and np.isfinite(sample.depth).all()
            assert sample.semantics.max() <= 13
            assert sample.intrinsics.fx == pytest.approx(CAMERA.fx)
    described = json.loads((rendered / 'world.json').read_text())
    assert described['seed'] == 77 and described['size'] == [24, 32]
    assert write_sheet(rendered).stat().st_size > 500


def test_an_interrupted_run_goes_on_and_makes_the_same_images_in_any_number_of_jobs(
        rendered, tmp_path):
    folder = tmp_path / 'rooms'
    # As after a kill: one room is complete, one lacks an image and has half a file, one lacks a
    # depth map, and a split is missing.
    shutil.copytree(rendered, folder)
    shutil.rmtree(folder / 'test')
    (folder / 'train' / 'image' / '00001_01.png').unlink()
    (folder / 'train' / 'image' / '00001_01.partial').write_bytes(b'half')
    (folder / 'val' / 'depth' / '00000_00.png').unlink()
    whole = folder / 'train' / 'image' / '00000_00.png'
    made = whole.stat().st_mtime_ns
    lines = []
    render(TINY, folder, 2, lines.append)
    assert len(lines) == 3 and whole.stat().st_mtime_ns == made
    for path in sorted(rendered.glob('*/*/*.png')):
        assert path.read_bytes() == (folder / path.relative_to(rendered)).read_bytes(), path


def test_another_seed_makes_other_images(rendered, tmp_path):
    other = World(**{**vars(TINY), 'seed': 78, 'rooms': {'train': 0, 'val': 1, 'test': 0}})
    render(other, tmp_path / 'rooms', 1, silent)
    name = 'val/depth/00000_00.png'
    assert (tmp_path / 'rooms' / name).read_bytes() != (rendered / name).read_bytes()


def test_a_folder_with_other_settings_is_refused(rendered):
    with pytest.raises(DepthDistillError, match='rendered with other settings'):
        render(World(**{**vars(TINY), 'samples': 3}), rendered, 1, silent)


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    with pytest.raises(DepthDistillError, match='holds something else'):
        render(TINY, tmp_path, 1, silent)
    assert [path.name for path in tmp_path.iterdir()] == ['notes.txt']


def test_a_damaged_description_is_named(tmp_path):
    (tmp_path / 'world.json').write_text('{"seed": ')
    with pytest.raises(DepthDistillError, match='world.json is damaged'):
        render(TINY, tmp_path, 1, silent)


def test_a_full_disk_is_named_and_leaves_no_half_image(tmp_path):
    # the kernel refuses to let any file grow, as it does on a full disk
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        render(World(**{**vars(TINY), 'rooms': {'train': 0, 'val': 0, 'test': 0}}),
               tmp_path / 'rooms', 1, silent)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        with pytest.raises(DepthDistillError, match='cannot write .*; mend that'):
            render_room(TINY, tmp_path / 'rooms', 'val', 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list((tmp_path / 'rooms' / 'val').rglob('*_*'))


@pytest.mark.parametrize('module', ['mitsuba', 'pyoidn'])
def test_a_missing_renderer_is_named_before_anything_is_written(module, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DepthDistillError, match=f'{module} .*not installed.*pip install'):
        render(TINY, tmp_path / 'rooms', 1, silent)
    assert not (tmp_path / 'rooms').exists()


def test_an_impossible_number_of_jobs_is_refused(tmp_path, capsys):
    assert cli.main(['bench', 'render', '--out', str(tmp_path), '--jobs', '-1']) != 0
    assert 'jobs is -1' in capsys.readouterr().err
