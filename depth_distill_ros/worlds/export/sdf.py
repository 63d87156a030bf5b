# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A room as a Gazebo world (SDF), in the spelling of Fortress or of Harmonic and newer.

Every object is a static model with a Label plugin. The model ``camera`` carries three cameras at
one point: plain, segmentation and rgbd.

Gazebo's renderer (ogre2) computes in linear light: it decodes textures from sRGB itself, and takes
the colours of materials as they are.
"""

from __future__ import annotations

from dataclasses import replace
import math
from typing import NamedTuple
from xml.etree import ElementTree as Xml

import numpy as np

from depth_distill_ros.settings.launch import GazeboLaunch
from depth_distill_ros.stream.classes import FLOOR
from depth_distill_ros.worlds.export import box_mesh
from depth_distill_ros.worlds.export.exported_room import (
    FAR,
    NEAR,
    ExportedRoom,
    brightened,
    linear,
)
from depth_distill_ros.worlds.export.xml_text import document, fill
from depth_distill_ros.worlds.mujoco.geoms import ground
from depth_distill_ros.worlds.rooms.scene import Light, Object, Part, Room

CAMERA = 'camera'
FRAME = 'simulator_optical_frame'
IMAGE = '/simulator/camera/image'
SEGMENTATION, RGBD = '/simulator/segmentation', '/simulator/rgbd'
RATE = GazeboLaunch.poses_per_second  # of images: no faster than the camera moves
SHADOWS = 'contact_shadows'
# ogre2 adds sign(n) |n|^POWER to linear light, with n of the given standard deviation.
_NOISE_POWER = 2.1


class Spelling(NamedTuple):
    """How one family of Gazebo versions names its parts."""

    prefix: str
    space: str
    frame: str

    def plugin(self, parent: Xml.Element, system: str, **children: object) -> None:
        """Add a system, such as 'SceneBroadcaster'; its file name is spelt with hyphens."""
        hyphened = ''.join(f'-{c.lower()}' if c.isupper() else c for c in system)
        fill(Xml.SubElement(parent, 'plugin', filename=f'{self.prefix}{hyphened}-system',
                            name=f'{self.space}::systems::{system}'), **children)


SPELLINGS = {
    'fortress': Spelling('ignition-gazebo', 'ignition::gazebo', 'ignition_frame_id'),
    'harmonic': Spelling('gz-sim', 'gz::sim', 'gz_frame_id'),
}


def world(exported: ExportedRoom, spelling: Spelling) -> Xml.Element:
    """
    Return the world; ``textures/`` and ``meshes/`` are expected beside it.

    There is no gravity: only the camera moves, and a pose service moves it.
    """
    exported = replace(exported, room=_in_range(exported.room))
    root = Xml.Element('sdf', version='1.9')
    body = Xml.SubElement(root, 'world', name=exported.name)
    fill(Xml.SubElement(body, 'physics', name='coarse', type='ignored'),
         max_step_size='0.01', real_time_factor='1.0')
    fill(body, gravity='0 0 0')
    # UserCommands receives the poses that are set, and Physics carries them out.
    for system in ('Physics', 'UserCommands', 'SceneBroadcaster'):
        spelling.plugin(body, system)
    spelling.plugin(body, 'Sensors', render_engine='ogre2')
    fill(body, scene={'ambient': (*exported.room.ambient, 1.0), 'background': '0 0 0 1',
                      'shadows': 'false', 'grid': 'false'})
    for k, light in enumerate(exported.room.lights):
        _light(body, light, f'light_{k}')
    for name, thing in exported.objects():
        _model(body, exported, spelling, name, thing)
    _contact_shadows(body, exported, spelling)
    _camera(body, exported, spelling)
    return root


def _in_range(room: Room) -> Room:
    """Return the room, darker as a whole where a light is brighter than 1, which SDF refuses."""
    brightest = max(*room.ambient, *(c for light in room.lights for c in light.colour))
    return room if brightest <= 1.0 else brightened(room, 1.0 / brightest)


def files(exported: ExportedRoom) -> dict[str, str]:
    """Return the meshes and a world in each spelling, file name to text."""
    result = {_mesh(name, k): box_mesh.wavefront(box_mesh.box(part))
              for name, thing in exported.objects() for k, part in enumerate(thing.parts)
              if exported.surface(part).texture is not None}
    for version, spelling in SPELLINGS.items():
        name = 'room.sdf' if version == 'harmonic' else f'room.{version}.sdf'
        result[name] = document(world(exported, spelling), exported.origin)
    return result


def _mesh(name: str, number: int) -> str:
    return f'meshes/{name}_{number:03d}.obj'


def _light(body: Xml.Element, light: Light, name: str) -> None:
    lamp = fill(
        Xml.SubElement(body, 'light', name=name, type=light.kind),
        pose=(*light.position, 0.0, 0.0, 0.0), cast_shadows='false',
        # Without it, Gazebo's server draws the lamp as a wireframe into all images.
        visualize='false', diffuse=(*light.colour, 1.0),
        specular=(*(0.5 * c for c in light.colour), 1.0), direction=light.direction,
        attenuation={'range': '30', 'constant': '1', 'linear': '0', 'quadratic': '0.02'})
    if light.kind == 'spot':
        fill(lamp, spot={'inner_angle': '1.0', 'outer_angle': '3.1', 'falloff': '0.6'})


def _model(body: Xml.Element, exported: ExportedRoom, spelling: Spelling, name: str,
           thing: Object) -> None:
    model = fill(Xml.SubElement(body, 'model', name=name), static='true',
                 pose=(*thing.position, 0.0, 0.0, thing.yaw))
    link = Xml.SubElement(model, 'link', name='link')
    for k, part in enumerate(thing.parts):
        shape = _primitive(part)
        textured = exported.surface(part).texture is not None
        for kind, geometry in (
                ('visual', {'mesh': {'uri': _mesh(name, k)}} if textured else shape),
                ('collision', shape)):
            piece = fill(Xml.SubElement(link, kind, name=f'{kind}_{k:03d}'),
                         pose=(*part.centre, *part.rpy), geometry=geometry)
            if kind == 'visual':
                fill(piece, material=_material(exported, part))
    spelling.plugin(model, 'Label', label=str(thing.label))


def _primitive(part: Part) -> dict[str, dict]:
    if part.shape == 'box':
        return {'box': {'size': part.size}}
    if part.shape == 'cylinder':
        return {'cylinder': {'radius': 0.5 * part.size[0], 'length': part.size[2]}}
    return {'ellipsoid': {'radii': 0.5 * np.array(part.size)}}


def _material(exported: ExportedRoom, part: Part) -> dict[str, object]:
    surface = exported.surface(part)
    light = linear(surface.colour)
    colour = (*light, 1.0)
    texture = {'albedo_map': f'textures/{surface.texture}.png'} if surface.texture else {}
    return {'ambient': colour, 'diffuse': colour, 'specular': (*[surface.gloss] * 3, 1.0),
            'emissive': (*(surface.emission * c for c in light), 1.0),
            'pbr': {'metal': {**texture, 'roughness': 1.0 - 0.8 * surface.gloss,
                              'metalness': '0'}}}


def noise_setting(wanted: float) -> float:
    """Return the standard deviation that Gazebo is told, for the one that images shall have."""
    # of |n|^POWER, for n of standard deviation 1
    spread = math.sqrt(2.0 ** _NOISE_POWER * math.gamma(_NOISE_POWER + 0.5) / math.sqrt(math.pi))
    return (wanted / spread) ** (1.0 / _NOISE_POWER)


def _contact_shadows(body: Xml.Element, exported: ExportedRoom, spelling: Spelling) -> None:
    """Add dark patches on the floor under the furniture, as the embedded simulator draws them."""
    model = fill(Xml.SubElement(body, 'model', name=SHADOWS), static='true')
    link = Xml.SubElement(model, 'link', name='link')
    for k, patch in enumerate(ground(exported.room)):
        black = {'ambient': '0 0 0 1', 'diffuse': '0 0 0 1', 'specular': '0 0 0 1',
                 'pbr': {'metal': {'roughness': '1', 'metalness': '0'}}}
        fill(Xml.SubElement(link, 'visual', name=f'visual_{k:03d}'),
             pose=(*patch.centre, 0.0, 0.0, 0.0), cast_shadows='false',
             # what is left of the light, in linear light
             transparency=linear((1.0 - float(patch.rgba[3]),))[0],
             geometry={'box': {'size': 2.0 * patch.half}}, material=black)
    spelling.plugin(model, 'Label', label=str(FLOOR))


def _camera(body: Xml.Element, exported: ExportedRoom, spelling: Spelling) -> None:
    start, lens = exported.way[0], exported.intrinsics
    model = fill(Xml.SubElement(body, 'model', name=CAMERA),
                 pose=(*start.position, *start.roll_pitch_yaw()))
    link = fill(Xml.SubElement(model, 'link', name='link'), gravity='false')
    view = {'horizontal_fov': 2.0 * math.atan(0.5 * lens.width / lens.fx),
            'image': {'width': str(lens.width), 'height': str(lens.height), 'format': 'R8G8B8'},
            'clip': {'near': NEAR, 'far': FAR}}
    noise = {'noise': {'type': 'gaussian', 'mean': '0', 'stddev': noise_setting(exported.noise)}}
    for name, kind, topic, camera in (
            ('plain', 'camera', IMAGE, view | noise if exported.noise else view),
            ('segmentation', 'segmentation', SEGMENTATION,
             {'segmentation_type': 'semantic'} | view),
            ('rgbd', 'rgbd_camera', RGBD, view)):
        fill(Xml.SubElement(link, 'sensor', name=name, type=kind), topic=topic,
             always_on='true', update_rate=RATE, **{spelling.frame: FRAME}, camera=camera)
