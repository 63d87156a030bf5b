# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exported worlds for Gazebo: systems, lamps, linear colours, noise and contact shadows."""

from dataclasses import replace
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import exported_rooms
import numpy as np
import pytest
import three_rooms
from three_rooms import FILES, SEEDS, STREAM, drawn

from depth_distill_ros.installation import share
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.export import sdf
from depth_distill_ros.worlds.export.exported_room import exported_room
from depth_distill_ros.worlds.mujoco.geoms import ground
from depth_distill_ros.worlds.rooms import look_file

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
exported = three_rooms.exported


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


@pytest.mark.parametrize('kind', ['sdf', 'fortress'])
def test_a_world_is_valid_to_the_sdf_library(exported, kind):
    if shutil.which('ign') is None and shutil.which('gz') is None:
        pytest.skip('no SDF library: apt-get install ignition-tools libsdformat-dev sdformat-sdf')
    simulator, name = FILES[kind]
    checked = subprocess.run(
        [shutil.which('ign') or shutil.which('gz'), 'sdf', '-k', name],
        cwd=exported / simulator / 'room_3', capture_output=True, text=True, timeout=300)
    assert 'Valid.' in checked.stdout, checked.stderr
