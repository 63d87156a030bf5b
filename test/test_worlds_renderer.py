# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels against geometry: a room of known size, seen from known places."""

import math
import os
from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.classes import CEILING, FLOOR, FURNITURE, TABLE, WALL
from depth_distill_ros.worlds.mujoco import gl
from depth_distill_ros.worlds.mujoco.geoms import culled, geoms
from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms.scene import Light, Material, Parts, Room
from depth_distill_ros.worlds.rooms.shell import WALL_YAW, wall_length, wall_point

pytestmark = pytest.mark.slow

SIZE = (4.0, 5.0, 2.5)
INTRINSICS = Intrinsics.from_vertical_fov(math.radians(45.0), (120, 160))
GREY = Material((0.5, 0.5, 0.5))
TILED = Material((1.0, 1.0, 1.0), 'chequer', (0.5, 0.5))


def box(name, label, size, at, material=GREY):
    parts = Parts()
    parts.box(size, (0, 0, 0), material)
    return parts.object(name, label).at(*at)


def box_room(*furniture, wall=GREY):
    x, y, z = SIZE
    things = [box('floor', FLOOR, (x, y, 0.1), (x / 2, y / 2, -0.1), TILED),
              box('ceiling', CEILING, (x, y, 0.1), (x / 2, y / 2, z))]
    for k in range(4):
        parts = Parts()
        parts.box((wall_length(SIZE, k), 0.1, z), (0, -0.05, 0), wall)
        things.append(parts.object('wall', WALL).at(*wall_point(SIZE, k, 0, 0), 0, WALL_YAW[k]))
    chequer = np.zeros((256, 256, 3), np.uint8)
    chequer[:128, :128] = chequer[128:, 128:] = 255
    lamp = Light('spot', (0.0, 0.0, -1.0), (0.4, 0.4, 0.4), (x / 2, y / 2, z - 0.1))
    return Room('box', SIZE, (*things, *furniture), (0.5, 0.5, 0.5), (lamp,),
                {'chequer': chequer})


@pytest.fixture(scope='module')
def renderer():
    camera = MujocoRenderer(INTRINSICS)
    yield camera
    camera.close()


def points(depth, pose, intrinsics=INTRINSICS):
    """Back-project z to the room: H x W x 3, metres."""
    right, up, forward = pose.axes()
    v, u = np.mgrid[:intrinsics.height, :intrinsics.width]
    x = ((u - intrinsics.cx) / intrinsics.fx)[..., None]
    y = ((v - intrinsics.cy) / intrinsics.fy)[..., None]
    z = depth[..., None].astype(float)
    return (pose.x, pose.y, pose.z) + z * (forward + x * right - y * up)


@pytest.mark.parametrize('yaw', [0.0, 1.0, 2.5, -2.0])
def test_every_pixel_lies_on_the_plane_of_its_class(renderer, yaw):
    renderer.load(box_room())
    pose = Pose(1.7, 2.2, 0.6, yaw, math.radians(-6.0), math.radians(2.0))
    _, semantics, depth = renderer.render(pose)
    at = points(depth, pose)
    assert depth.dtype == np.float32 and np.isfinite(depth).all()
    assert {FLOOR, WALL} <= set(np.unique(semantics))
    assert np.abs(at[semantics == FLOOR][:, 2]).max() < 0.002
    wall = at[semantics == WALL][:, :2]
    off = np.minimum(np.abs(wall), np.abs(np.array(SIZE[:2]) - wall)).min(axis=1)
    assert off.max() < 0.003


def test_depth_is_along_the_optical_axis_and_not_along_the_ray(renderer):
    renderer.load(box_room())
    _, semantics, depth = renderer.render(Pose(2.0, 2.0, 1.25, math.pi / 2, 0.0, 0.0))
    facing = depth[semantics == WALL]
    centre = depth[60, 80]
    assert centre == pytest.approx(3.0, abs=0.002)
    right_ahead = depth[50:70]
    assert np.abs(right_ahead[:, 40:120] - 3.0).max() < 0.002
    assert facing.max() < 3.01


def test_a_known_corner_is_seen_where_the_intrinsics_say(renderer):
    thing = box('block', TABLE, (0.6, 0.4, 0.8), (3.0, 2.5, 0.0))
    renderer.load(box_room(thing))
    pose = Pose(0.8, 2.3, 0.62, 0.05, math.radians(-5.0), math.radians(-1.5))
    _, semantics, _ = renderer.render(pose)
    right, up, forward = pose.axes()
    corners = np.array([(x, y, z) for x in (2.7, 3.3) for y in (2.3, 2.7) for z in (0.0, 0.8)])
    ray = corners - (pose.x, pose.y, pose.z)
    u = INTRINSICS.cx + INTRINSICS.fx * (ray @ right) / (ray @ forward)
    v = INTRINSICS.cy - INTRINSICS.fy * (ray @ up) / (ray @ forward)
    rows, columns = np.nonzero(semantics == TABLE)
    for seen, projected in ((columns, u), (rows, v)):
        assert abs(seen.min() - projected.min()) <= 1.0
        assert abs(seen.max() - projected.max()) <= 1.0


def test_the_vertical_field_of_view_is_the_one_asked_for():
    for degrees, size in ((45.0, (96, 128)), (60.0, (50, 120))):
        intrinsics = Intrinsics.from_vertical_fov(math.radians(degrees), size)
        camera = MujocoRenderer(intrinsics)
        camera.load(box_room())
        pose = Pose(2.0, 2.5, 1.25, 0.0, math.radians(-90.0), 0.0)
        image, _, depth = camera.render(pose)
        at = points(depth, pose, intrinsics)
        camera.close()
        assert image.shape == (*size, 3)
        assert np.ptp(at[:, size[1] // 2, 0]) == pytest.approx(
            2 * 1.25 * math.tan(math.radians(degrees / 2)) * (size[0] - 1) / size[0], rel=0.01)


def test_a_tiled_texture_has_its_size_in_metres(renderer):
    renderer.load(box_room())
    image, _, depth = renderer.render(Pose(2.0, 2.5, 1.5, 0.0, math.radians(-90.0), 0.0))
    line = image[60, :, 0] > 100
    width = 160 * depth[60, 80] / INTRINSICS.fx
    changes = np.count_nonzero(line[1:] != line[:-1])
    assert changes == pytest.approx(width / 0.25, abs=1.5)


def test_a_tilted_cylinder_is_as_long_and_as_thick_as_it_says(renderer):
    parts = Parts()
    parts.cylinder(0.2, 1.2, (0, 0, 0), GREY, (math.pi / 2, 0, 0))
    renderer.load(box_room(parts.object('log', FURNITURE).at(3.0, 2.5, 0.0)))
    pose = Pose(1.0, 2.5, 0.6, 0.0, 0.0, 0.0)
    _, semantics, depth = renderer.render(pose)
    seen = points(depth, pose)[semantics == FURNITURE]
    assert np.ptp(seen[:, 1]) == pytest.approx(1.2, abs=0.04)
    assert np.ptp(seen[:, 2]) == pytest.approx(0.2, abs=0.04)


def test_leaving_out_what_is_not_in_view_changes_no_pixel(renderer):
    rng = np.random.default_rng(0)
    blocks = [box('block', TABLE, rng.uniform(0.1, 0.5, 3),
                  (*rng.uniform(0.5, 3.5, 2), rng.uniform(0, 1.5))) for _ in range(40)]
    renderer.load(box_room(*blocks))
    pose = Pose(0.5, 0.5, 0.6, 0.8, -0.1, 0.03)
    frame = renderer.render(pose)
    drawn = renderer._scene.ngeom
    radius, renderer._radius = renderer._radius, renderer._radius + 100.0
    whole = renderer.render(pose)
    renderer._radius = radius
    assert drawn < renderer._scene.ngeom
    for a, b in zip(frame, whole, strict=True):
        np.testing.assert_array_equal(a, b)


def test_culling_keeps_a_sphere_that_only_touches_the_view():
    directions = np.array([0.0, -1, 0]), np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    middle = np.array([[2.0, 0, 0], [-1, 0, 0], [2, 2.4, 0], [2, 4.0, 0]])
    chosen = culled(middle, np.full(4, 0.5), directions, (1.0, 1.0))
    assert chosen.tolist() == [0, 2]


def test_panels_cover_a_wall_without_a_gap():
    drawn = [g for g in geoms(box_room(wall=TILED)) if g.label == WALL]
    assert len(drawn) > 4
    south = [g for g in drawn if abs(g.centre[1] + 0.05) < 1e-9]
    spans = sorted({(round(g.centre[0] - g.half[0], 6), round(g.centre[0] + g.half[0], 6))
                    for g in south})
    assert spans[0][0] == 0.0 and spans[-1][1] >= 4.0
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert max(g.centre[2] + g.half[2] for g in drawn) == pytest.approx(2.5)


def test_shadows_darken_what_the_lamp_does_not_reach_and_leave_the_rest():
    room = box_room(box('block', TABLE, (1.0, 1.0, 0.05), (2.0, 2.5, 1.4)))
    pose = Pose(0.4, 0.5, 0.6, math.atan2(2.0, 1.6), math.radians(-14.0), 0.0)
    images = []
    for shadows in (False, True):
        camera = MujocoRenderer(INTRINSICS, shadows)
        camera.load(room)
        image, semantics, depth = camera.render(pose)
        images.append(image.astype(int))
        camera.close()
    floor = (semantics == FLOOR) & (images[0][..., 0] > 60)
    darker = (images[0] - images[1]).max(axis=2)[floor] > 15
    at = points(depth, pose)[floor]
    inside = (np.abs(at[:, 0] - 2.0) < 0.3) & (np.abs(at[:, 1] - 2.5) < 0.3)
    assert darker[inside].mean() > 0.9
    assert darker[np.hypot(at[:, 0] - 2.0, at[:, 1] - 2.5) > 2.2].mean() < 0.05


def test_two_renderers_do_not_disturb_one_another(renderer):
    renderer.load(box_room())
    pose = Pose(1.0, 1.0, 0.6, 0.7, -0.1, 0.0)
    before = renderer.render(pose)
    for finish in ('close', 'collect'):
        other = MujocoRenderer(INTRINSICS)
        other.load(box_room(box('block', TABLE, (0.5, 0.5, 0.5), (2, 2, 0))))
        other.render(pose)
        if finish == 'close':
            other.close()
            other.close()
        del other
        for a, b in zip(before, renderer.render(pose), strict=True):
            np.testing.assert_array_equal(a, b)


def test_without_any_opengl_the_error_names_the_packages(monkeypatch):
    monkeypatch.delenv('MUJOCO_GL', raising=False)
    monkeypatch.setattr(gl.ctypes.util, 'find_library', lambda name: None)
    with pytest.raises(gl.GraphicsError, match='libegl1 libgl1.*libosmesa6'):
        gl.choose()


def test_osmesa_is_taken_where_egl_is_missing_and_the_users_choice_stands(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'glfw')
    gl.choose()
    assert gl.os.environ['MUJOCO_GL'] == 'glfw'
    monkeypatch.delenv('MUJOCO_GL')
    monkeypatch.setattr(gl.ctypes.util, 'find_library',
                        lambda name: 'libOSMesa.so' if name == 'OSMesa' else None)
    gl.choose()
    assert gl.os.environ['MUJOCO_GL'] == 'osmesa'


def test_an_opengl_that_does_not_start_is_one_line(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'egl')
    text = str(gl.failed(RuntimeError('no device\nand a long story')))
    assert '\n' not in text and 'no device' in text and 'libegl1' in text


def test_a_mujoco_that_was_imported_before_is_named_with_its_cure():
    code = 'import mujoco; import depth_distill_ros.worlds.mujoco.camera'
    environment = {k: v for k, v in os.environ.items() if k != 'MUJOCO_GL'}
    result = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], capture_output=True, text=True,
        env={**environment, 'PYTHONPATH': str(Path(__file__).parents[1])})
    assert 'GraphicsError: simulator: mujoco was imported before' in result.stderr
    assert 'set MUJOCO_GL=egl' in result.stderr
