# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same seeded room in MuJoCo, Gazebo and USD, each read back."""

import csv
import itertools
import math

import cv2
import numpy as np
import pytest
import three_rooms
from three_rooms import FILES, SEEDS, STREAM, drawn, read

from depth_distill_ros.apps.cli import main
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.export import box_mesh, usd, write
from depth_distill_ros.worlds.pose import Pose, roll_pitch_yaw, rotation
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.scene import Light, Material, Object, Part, Room

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
exported = three_rooms.exported


@pytest.mark.parametrize('kind', FILES)
@pytest.mark.parametrize('seed', SEEDS)
def test_every_format_has_the_rooms_things_poses_sizes_and_classes(exported, kind, seed):
    room = drawn(seed)
    things, _ = read(exported, kind, seed)
    assert len(things) == len(room.objects)
    for (name, found), thing in zip(things.items(), room.objects, strict=True):
        assert name.startswith(thing.name.replace(' ', '_'))
        assert found.label == NYU13[thing.label]
        turn = rotation((0.0, 0.0, thing.yaw))
        for got, part in zip(found.parts, thing.parts, strict=True):
            assert got.shape == part.shape
            np.testing.assert_allclose(got.size, part.size, atol=1e-5)
            np.testing.assert_allclose(got.middle, turn @ part.centre + thing.position, atol=1e-5)
            np.testing.assert_allclose(got.turn, turn @ rotation(part.rpy), atol=1e-5)
            assert got.texture in (part.material.texture, None)


@pytest.mark.parametrize('seed', SEEDS)
def test_the_formats_agree_on_textures_and_the_camera(exported, seed):
    first, camera = read(exported, 'mjcf', seed)
    textures = [part.texture for thing in first.values() for part in thing.parts]
    assert sum(texture is not None for texture in textures) >= 5
    for kind in ('sdf', 'fortress', 'usd'):
        things, seen = read(exported, kind, seed)
        assert [part.texture for thing in things.values() for part in thing.parts] == textures
        np.testing.assert_allclose(seen.position, camera.position, atol=1e-5)
        np.testing.assert_allclose(seen.turn, camera.turn, atol=1e-5)
        np.testing.assert_allclose(seen.slopes, camera.slopes, atol=1e-5)
        assert camera.turn[2, 2] > 0.9, 'it stands upright'


def test_every_texture_that_a_file_names_is_beside_it(exported):
    room = drawn(3)
    for simulator in write.WRITERS:
        folder = exported / simulator / 'room_3' / 'textures'
        assert {path.stem for path in folder.iterdir()} == room.textures.keys()
        for name, rgb in room.textures.items():
            saved = cv2.imread(str(folder / f'{name}.png'))[..., ::-1]
            np.testing.assert_array_equal(saved, rgb)


def test_mujoco_shows_of_its_file_what_the_embedded_simulator_shows(exported):
    from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera
    from depth_distill_ros.worlds.mujoco.gl import load_mujoco
    mujoco = load_mujoco()

    with SimulatedCamera('stream', 4, (120, 160)) as camera:
        frame = next(camera)
    model = mujoco.MjModel.from_xml_path(str(exported / 'mujoco' / 'room_4' / 'room.xml'))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with mujoco.Renderer(model, 120, 160) as renderer:
        renderer.update_scene(data, 'camera')
        image = renderer.render()
        renderer.enable_depth_rendering()
        depth = renderer.render().copy()
        renderer.disable_depth_rendering()
        renderer.enable_segmentation_rendering()
        geoms = renderer.render()[..., 0]
    classes = model.body_user[model.geom_bodyid[geoms], 0]
    assert (classes == frame.semantics).mean() > 0.99
    assert np.median(np.abs(depth - frame.depth)) < 1e-3
    assert np.corrcoef(image.ravel(), frame.image.ravel())[0, 1] > 0.9


def test_the_way_of_the_camera_is_free_and_the_same_for_all(exported):
    room = drawn(4)
    space = FreeSpace(room)
    texts = {(exported / s / 'room_4' / write.WAY).read_text() for s in write.WRITERS}
    rows = list(csv.DictReader(texts.pop().splitlines()))
    assert not texts and len(rows) > 100
    assert all(space.is_free(float(row['x']), float(row['y'])) for row in rows)
    _, camera = read(exported, 'sdf', 4)
    start = [float(rows[0][key]) for key in ('roll', 'pitch', 'yaw')]
    np.testing.assert_allclose(rotation(start), camera.turn, atol=1e-5)
    assert max(float(row['pitch']) for row in rows) > 0, 'it looks down, and so turns about +y'


def test_angles_come_back_from_a_rotation():
    for angles in itertools.product((-0.3, 0.2), (-1.2, 0.4), (-3.0, 1.0)):
        np.testing.assert_allclose(roll_pitch_yaw(rotation(angles)), angles, atol=1e-12)


def test_the_same_arguments_write_the_same_bytes(exported, tmp_path):
    for simulator in write.WRITERS:
        write.export(simulator, STREAM, [3], tmp_path / simulator, (120, 160))
        for path in sorted((tmp_path / simulator).rglob('*')):
            if path.is_file():
                twin = exported / path.relative_to(tmp_path)
                assert path.read_bytes() == twin.read_bytes(), path.name


@pytest.fixture(scope='module')
def corner_texture():
    """Return a renderer with a cube whose texture has another colour in each quarter."""
    from depth_distill_ros.worlds.mujoco.renderer import MujocoRenderer

    texture = np.zeros((128, 128, 3), np.uint8)
    texture[:64, :, 0], texture[:, :64, 1] = 255, 255
    part = Part('box', (2.0,) * 3, (0.0,) * 3, Material((1.0,) * 3, 'corners', None), (0.0,) * 3)
    lamp = Light('spot', (0.0, 0.0, -1.0), (0.0,) * 3, (0.0, 0.0, 4.0))
    room = Room('hall', (6.0, 6.0, 3.0), (Object('cube', 7, (part,)),), (1.0,) * 3, (lamp,),
                {'corners': texture})
    renderer = MujocoRenderer(Intrinsics.from_vertical_fov(1.2, (120, 120)))
    renderer.load(room)
    yield renderer, part, texture
    renderer.close()


@pytest.mark.parametrize('axis', range(3))
@pytest.mark.parametrize('side', (-1, 1))
def test_a_mesh_shows_a_texture_as_the_embedded_simulator_does(corner_texture, axis, side):
    renderer, part, texture = corner_texture
    normal = side * np.eye(3)[axis]
    yaw, pitch = (math.pi / 2, -side * math.pi / 2) if axis == 2 else (
        math.atan2(-normal[1], -normal[0]), 0.0)
    pose = Pose(*(4.0 * normal), yaw, pitch, 0.0)
    image, _, _ = renderer.render(pose)
    mesh, face = box_mesh.box(part), slice(4 * (2 * axis + (side > 0)), None)
    for weights in 0.3 * np.eye(4) + 0.175:  # a point in each quarter of the face
        point, st = weights @ mesh.points[face][:4], weights @ mesh.st[face][:4]
        away = point - pose.position
        x, y = (away @ pose.axes()[k] / (away @ pose.axes()[2]) for k in (0, 1))
        lens = renderer.intrinsics
        shown = image[round(lens.cy - lens.fy * y), round(lens.cx + lens.fx * x)]
        # The first row of an image is at the top, where t is 1.
        wanted = texture[int((1.0 - st[1]) * len(texture)), int(st[0] * len(texture))]
        assert ((shown > 128) == (wanted > 128)).all()


def test_a_stage_has_lamps_windows_and_no_physics(exported):
    from pxr import Usd, UsdLux

    room = drawn(3)
    stage = Usd.Stage.Open(str(exported / 'isaac' / 'room_3' / 'room.usda'))
    kinds = [prim.GetTypeName() for prim in stage.Traverse() if prim.HasAPI(UsdLux.LightAPI)]
    assert kinds.count('RectLight') == sum(t.name == 'window' for t in room.objects)
    assert kinds.count('DiskLight') == 1
    assert not any('Physics' in name for prim in stage.Traverse()
                   for name in prim.GetAppliedSchemas())


def test_a_stage_passes_usd_s_own_validators(exported):
    from pxr import Usd
    validation = pytest.importorskip('pxr.UsdValidation', reason='an usd-core before 25.2')

    every = validation.ValidationRegistry().GetOrLoadAllValidators()
    stage = Usd.Stage.Open(str(exported / 'isaac' / 'room_5' / 'room.usda'))
    found = validation.ValidationContext(every).Validate(stage)
    assert len(every) > 5 and not [error.GetMessage() for error in found]


def test_the_command_writes_rooms_and_names_them(tmp_path, capsys):
    assert main(['simulate', '--export', 'gazebo', '--rooms', '2', '--seed', '7',
                 '--texture-rows', '32', str(tmp_path)]) == 0
    named = capsys.readouterr().out.split()
    assert len(named) == 4 and str(tmp_path / 'room_8' / 'room.sdf') in named
    for path in (tmp_path / 'room_7' / 'textures').iterdir():
        assert cv2.imread(str(path)).shape[0] == 32


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main(['simulate', '--export', 'mujoco', '--rooms', '1', str(tmp_path / 'file')]) == 1
    assert 'cannot write' in capsys.readouterr().err
    for option in ('--rooms', '--texture-rows', '--size'):
        values = ['0', '0'] if option == '--size' else ['0']
        assert main(['simulate', str(tmp_path), '--export', 'mujoco', option, *values]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_usd_core_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'pxr', None)
    with pytest.raises(DepthDistillError, match="pip install 'usd-core"):
        usd.load_pxr()
