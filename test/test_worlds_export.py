# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same seeded room in MuJoCo, Gazebo and USD, each read back."""

import csv
from dataclasses import replace
import functools
import itertools
import math
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import cv2
import exported_rooms
import numpy as np
import pytest

from depth_distill_ros.apps.cli import main
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.installation import share
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.export import box_mesh, sdf, usd, write
from depth_distill_ros.worlds.export.exported_room import exported_room
from depth_distill_ros.worlds.mujoco.geoms import ground
from depth_distill_ros.worlds.pose import Pose, roll_pitch_yaw, rotation
from depth_distill_ros.worlds.rooms import look_file
from depth_distill_ros.worlds.rooms.free_space import FreeSpace
from depth_distill_ros.worlds.rooms.generate import generate
from depth_distill_ros.worlds.rooms.scene import Light, Material, Object, Part, Room

pytestmark = pytest.mark.slow

SEEDS = range(3, 6)
STREAM = look_file.named('stream')
FILES = {'mjcf': ('mujoco', 'room.xml'), 'sdf': ('gazebo', 'room.sdf'),
         'fortress': ('gazebo', 'room.fortress.sdf'), 'usd': ('isaac', 'room.usda'),
         'usd legacy': ('isaac', 'room.usda')}
READERS = {'mjcf': exported_rooms.mjcf, 'sdf': exported_rooms.sdf, 'fortress': exported_rooms.sdf,
           'usd': exported_rooms.usd,
           'usd legacy': lambda path: exported_rooms.usd(path, 'legacy')}


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    out = tmp_path_factory.mktemp('rooms')
    for simulator in write.WRITERS:
        write.export(simulator, STREAM, SEEDS, out / simulator, (120, 160))
    return out


@functools.cache
def read(exported, kind, seed):
    simulator, name = FILES[kind]
    return READERS[kind](exported / simulator / f'room_{seed}' / name)


@functools.cache
def drawn(seed):
    return generate(STREAM, (seed, 0))


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


@pytest.mark.parametrize('kind, prefix, space', [
    ('sdf', 'gz-sim', 'gz::sim::systems::'),
    ('fortress', 'ignition-gazebo', 'ignition::gazebo::systems::')])
def test_a_world_names_its_systems_as_its_gazebo_does(exported, kind, prefix, space):
    simulator, name = FILES[kind]
    world = ElementTree.parse(exported / simulator / 'room_3' / name).getroot().find('world')
    systems = {plugin.get('filename'): plugin.get('name') for plugin in world.iter('plugin')}
    assert systems == {
        f'{prefix}-{file}-system': f'{space}{kind}' for file, kind in (
            ('physics', 'Physics'), ('user-commands', 'UserCommands'), ('label', 'Label'),
            ('scene-broadcaster', 'SceneBroadcaster'), ('sensors', 'Sensors'))}
    assert world.findtext(f"plugin[@name='{space}Sensors']/render_engine") == 'ogre2'
    sensors = {sensor.get('type'): sensor for sensor in world.iter('sensor')}
    assert set(sensors) == {'camera', 'segmentation', 'rgbd_camera'}
    assert sensors['segmentation'].findtext('camera/segmentation_type') == 'semantic'
    assert len({sensor.findtext('update_rate') for sensor in sensors.values()}) == 1
    assert all(model.find('plugin/label') is not None
               for model in world.findall('model') if model.get('name') != sdf.CAMERA)


def gazebo_world(exported, kind, seed):
    simulator, name = FILES[kind]
    return ElementTree.parse(exported / simulator / f'room_{seed}' / name).getroot().find('world')


@pytest.mark.parametrize('kind', ['sdf', 'fortress'])
@pytest.mark.parametrize('seed', SEEDS)
def test_no_lamp_of_a_world_is_drawn_into_the_images(exported, kind, seed):
    lights = gazebo_world(exported, kind, seed).findall('light')
    assert len(lights) == len(drawn(seed).lights) > 1
    assert {light.findtext('visualize') for light in lights} == {'false'}


def test_a_room_that_is_brighter_than_sdf_allows_becomes_darker_as_a_whole():
    exported = exported_room(STREAM, 3, (120, 160))
    wanted = np.array([(1.25, 1.0, 0.75), *(light.colour for light in exported.room.lights)])
    bright = replace(exported, room=replace(exported.room, ambient=tuple(wanted[0])))
    for spelling in sdf.SPELLINGS.values():
        world = sdf.world(bright, spelling)
        texts = [world.findtext('world/scene/ambient'),
                 *(light.findtext('diffuse') for light in world.iter('light'))]
        found = np.array([[float(v) for v in text.split()[:3]] for text in texts])
        np.testing.assert_allclose(found, wanted / 1.25, atol=1e-5)


def test_worlds_of_twenty_rooms_have_no_value_that_gazebo_refuses_or_draws_wrong():
    look = look_file.load(share() / 'sim' / 'randomisation.yaml')
    for seed in range(40, 60):  # room 56 is brighter than SDF allows
        exported = exported_room(look, seed, (120, 160))
        for spelling in sdf.SPELLINGS.values():
            world = sdf.world(exported, spelling)
            colours = [float(value) for element in world.iter()
                       if element.tag in ('ambient', 'diffuse', 'specular', 'emissive')
                       for value in element.text.split()]
            assert len(colours) > 1000 and 0.0 <= min(colours) and max(colours) <= 1.0, seed
            lights = world.findall('world/light')
            assert {light.findtext('visualize') for light in lights} == {'false'}
            assert len(lights) == len(exported.room.lights) > 0
            noise, = world.iterfind('.//noise/stddev')
            assert float(noise.text) == pytest.approx(
                sdf.noise_setting(exported.noise), rel=1e-4)
            shadows = world.findall(f"world/model[@name='{sdf.SHADOWS}']/link/visual")
            assert len(shadows) == len(list(ground(exported.room))) > 0
            assert {float(rate.text) for rate in world.iter('update_rate')} == {sdf.RATE}


def decoded(colour):
    """Return sRGB as linear light, by the formula of IEC 61966-2-1."""
    colour = np.asarray(colour)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize('seed', SEEDS)
def test_renderers_that_compute_in_linear_light_get_linear_colours(exported, seed):
    from pxr import Usd, UsdShade

    room = drawn(seed)
    stage = Usd.Stage.Open(str(exported / 'isaac' / f'room_{seed}' / 'room.usda'))
    worlds = [gazebo_world(exported, kind, seed) for kind in ('sdf', 'fortress')]
    names = [model.get('name') for model in worlds[0].findall('model')]
    seen = 0
    for name, thing in zip(names, room.objects, strict=False):
        for k, part in enumerate(thing.parts):
            textured = part.material.texture is not None
            if textured and (part.shape != 'box' or sorted(part.size)[1] < 0.08):
                continue  # it has the mean colour of its texture
            light = decoded(np.minimum(part.material.colour, 1.0))
            for world in worlds:
                material = world.find(f"model[@name='{name}']/link/visual[{k + 1}]/material")
                for tag, factor in (('ambient', 1.0), ('diffuse', 1.0),
                                    ('emissive', part.material.emission)):
                    values = [float(v) for v in material.findtext(tag).split()]
                    np.testing.assert_allclose(values, [*(factor * light), 1.0], atol=1e-5)
            paint = UsdShade.MaterialBindingAPI(stage.GetPrimAtPath(
                f'/World/Room/{name}/part_{k:03d}')).ComputeBoundMaterial()[0].GetPrim()
            child, value = ('texture', 'scale') if textured else ('surface', 'diffuseColor')
            found = paint.GetChild(child).GetAttribute(f'inputs:{value}').Get()
            np.testing.assert_allclose(tuple(found)[:3], light, atol=1e-5)
            seen += 1
    assert seen > 50


@pytest.mark.parametrize('wanted', [0.003, 0.013, 0.02])
def test_the_noise_that_gazebos_shader_makes_is_the_one_of_the_look(wanted):
    normal = sdf.noise_setting(wanted) * np.random.default_rng(0).standard_normal(1_000_000)
    shader = np.sign(normal) * np.abs(normal) ** 2.1
    assert shader.std() == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize('kind', ['sdf', 'fortress'])
def test_a_world_has_the_contact_shadows_of_the_embedded_simulator(exported, kind):
    patches = list(ground(drawn(3)))
    model = gazebo_world(exported, kind, 3).find(f"model[@name='{sdf.SHADOWS}']")
    assert NYU13[int(model.findtext('plugin/label'))] == 'floor'
    visuals = model.findall('link/visual')
    assert len(visuals) == len(patches) > 3 and model.find('link/collision') is None
    for visual, patch in zip(visuals, patches, strict=True):
        at, _ = exported_rooms.pose(visual)
        np.testing.assert_allclose(at, patch.centre, atol=1e-5)
        shape, size = exported_rooms.extents(visual.find('geometry')[0])
        np.testing.assert_allclose(size, 2 * patch.half, atol=1e-5)
        # What is left of the light on the floor, as the embedded simulator leaves it in sRGB.
        assert float(visual.findtext('transparency')) == pytest.approx(
            decoded(1.0 - patch.rgba[3]), abs=1e-5)


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


@pytest.mark.parametrize('kind', ['sdf', 'fortress'])
def test_a_world_is_valid_to_the_sdf_library(exported, kind):
    if shutil.which('ign') is None and shutil.which('gz') is None:
        pytest.skip('no SDF library: apt-get install ignition-tools libsdformat-dev sdformat-sdf')
    simulator, name = FILES[kind]
    checked = subprocess.run(
        [shutil.which('ign') or shutil.which('gz'), 'sdf', '-k', name],
        cwd=exported / simulator / 'room_3', capture_output=True, text=True, timeout=300)
    assert 'Valid.' in checked.stdout, checked.stderr


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
