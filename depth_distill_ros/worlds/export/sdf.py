# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
A room as a Gazebo world (SDF), in the spelling of Fortress or of Harmonic and newer.

Every thing is a static model with a Label plugin; the model ``camera`` carries three cameras
that see from one point: plain, segmentation and rgbd.
"""

from __future__ import annotations

import math
from typing import NamedTuple
from xml.etree import ElementTree as Xml

import numpy as np

from depth_distill_ros.worlds.export import box_mesh
from depth_distill_ros.worlds.export.exported_room import FAR, NEAR, Plan
from depth_distill_ros.worlds.export.xml_text import numbers
from depth_distill_ros.worlds.rooms.scene import Light, Object, Part

CAMERA = 'camera'
FRAME = 'simulator_optical_frame'
IMAGE = '/simulator/camera/image'
SEGMENTATION, RGBD = '/simulator/segmentation', '/simulator/rgbd'
_RATE = 10.0


class Spelling(NamedTuple):
    """How one family of Gazebo versions names its parts."""

    prefix: str
    space: str
    frame: str

    def plugin(self, parent: Xml.Element, system: str) -> Xml.Element:
        """Add a system: 'SceneBroadcaster' is the class, the file is spelt with hyphens."""
        hyphened = ''.join(f'-{c.lower()}' if c.isupper() else c for c in system)
        return Xml.SubElement(parent, 'plugin', filename=f'{self.prefix}{hyphened}-system',
                              name=f'{self.space}::systems::{system}')


SPELLINGS = {
    'fortress': Spelling('ignition-gazebo', 'ignition::gazebo', 'ignition_frame_id'),
    'harmonic': Spelling('gz-sim', 'gz::sim', 'gz_frame_id'),
}


def world(plan: Plan, spelling: Spelling) -> Xml.Element:
    """
    Return the world; ``textures/`` and ``meshes/`` are expected beside it.

    Nothing moves but the camera, which a pose service moves: there is no gravity.
    """
    root = Xml.Element('sdf', version='1.9')
    body = Xml.SubElement(root, 'world', name=plan.name)
    physics = Xml.SubElement(body, 'physics', name='coarse', type='ignored')
    _text(physics, 'max_step_size', '0.01')
    _text(physics, 'real_time_factor', '1.0')
    _text(body, 'gravity', '0 0 0')
    # Poses are set through UserCommands, and Physics is what carries them out.
    for system in ('Physics', 'UserCommands', 'SceneBroadcaster'):
        spelling.plugin(body, system)
    _text(spelling.plugin(body, 'Sensors'), 'render_engine', 'ogre2')
    scene = Xml.SubElement(body, 'scene')
    _text(scene, 'ambient', numbers((*plan.room.ambient, 1.0)))
    _text(scene, 'background', '0 0 0 1')
    _text(scene, 'shadows', 'false')
    _text(scene, 'grid', 'false')
    for k, light in enumerate(plan.room.lights):
        _light(body, light, f'light_{k}')
    for name, thing in plan.objects():
        _thing(body, plan, spelling, name, thing)
    _camera(body, plan, spelling)
    return root


def mesh_files(plan: Plan) -> dict[str, str]:
    """Return the OBJ files of a world, name to text."""
    return {_mesh(name, k): box_mesh.wavefront(box_mesh.box(part))
            for name, thing in plan.objects() for k, part in enumerate(thing.parts)
            if plan.surface(part).texture is not None}


def _mesh(name: str, number: int) -> str:
    return f'{name}_{number:03d}.obj'


def _text(parent: Xml.Element, tag: str, text: str) -> Xml.Element:
    child = Xml.SubElement(parent, tag)
    child.text = text
    return child


def _light(body: Xml.Element, light: Light, name: str) -> None:
    lamp = Xml.SubElement(body, 'light', name=name, type=light.kind)
    _text(lamp, 'pose', numbers((*light.position, 0.0, 0.0, 0.0)))
    _text(lamp, 'cast_shadows', 'false')
    _text(lamp, 'diffuse', numbers((*light.colour, 1.0)))
    _text(lamp, 'specular', numbers((*(0.5 * c for c in light.colour), 1.0)))
    _text(lamp, 'direction', numbers(light.direction))
    fades = Xml.SubElement(lamp, 'attenuation')
    for tag, value in (('range', '30'), ('constant', '1'), ('linear', '0'),
                       ('quadratic', '0.02')):
        _text(fades, tag, value)
    if light.kind == 'spot':
        spot = Xml.SubElement(lamp, 'spot')
        for tag, value in (('inner_angle', '1.0'), ('outer_angle', '3.1'), ('falloff', '0.6')):
            _text(spot, tag, value)


def _thing(body: Xml.Element, plan: Plan, spelling: Spelling, name: str, thing: Object) -> None:
    model = Xml.SubElement(body, 'model', name=name)
    _text(model, 'static', 'true')
    _text(model, 'pose', numbers((*thing.position, 0.0, 0.0, thing.yaw)))
    link = Xml.SubElement(model, 'link', name='link')
    for k, part in enumerate(thing.parts):
        for kind in ('visual', 'collision'):
            piece = Xml.SubElement(link, kind, name=f'{kind}_{k:03d}')
            _text(piece, 'pose', numbers((*part.centre, *part.rpy)))
            geometry = Xml.SubElement(piece, 'geometry')
            if kind == 'collision':
                _primitive(geometry, part)
                continue
            if plan.surface(part).texture is None:
                _primitive(geometry, part)
            else:
                mesh = Xml.SubElement(geometry, 'mesh')
                _text(mesh, 'uri', f'meshes/{_mesh(name, k)}')
            _material(piece, plan, part)
    _text(spelling.plugin(model, 'Label'), 'label', str(thing.label))


def _primitive(geometry: Xml.Element, part: Part) -> None:
    shape = Xml.SubElement(geometry, part.shape)
    if part.shape == 'box':
        _text(shape, 'size', numbers(part.size))
    elif part.shape == 'cylinder':
        _text(shape, 'radius', numbers([0.5 * part.size[0]]))
        _text(shape, 'length', numbers([part.size[2]]))
    else:
        _text(shape, 'radii', numbers(0.5 * np.array(part.size)))


def _material(visual: Xml.Element, plan: Plan, part: Part) -> None:
    surface = plan.surface(part)
    material = Xml.SubElement(visual, 'material')
    colour = (*surface.colour, 1.0)
    _text(material, 'ambient', numbers(colour))
    _text(material, 'diffuse', numbers(colour))
    _text(material, 'specular', numbers((*[surface.gloss] * 3, 1.0)))
    _text(material, 'emissive', numbers((*(surface.emission * c for c in surface.colour), 1.0)))
    metal = Xml.SubElement(Xml.SubElement(material, 'pbr'), 'metal')
    if surface.texture is not None:
        _text(metal, 'albedo_map', f'textures/{surface.texture}.png')
    _text(metal, 'roughness', numbers([1.0 - 0.8 * surface.gloss]))
    _text(metal, 'metalness', '0')


def _camera(body: Xml.Element, plan: Plan, spelling: Spelling) -> None:
    model = Xml.SubElement(body, 'model', name=CAMERA)
    start = plan.way[0]
    _text(model, 'pose', numbers((start.x, start.y, start.z, *start.roll_pitch_yaw())))
    link = Xml.SubElement(model, 'link', name='link')
    _text(link, 'gravity', 'false')
    for name, kind, topic in (
            ('plain', 'camera', IMAGE), ('segmentation', 'segmentation', SEGMENTATION),
            ('rgbd', 'rgbd_camera', RGBD)):
        sensor = Xml.SubElement(link, 'sensor', name=name, type=kind)
        _text(sensor, 'topic', topic)
        _text(sensor, 'always_on', 'true')
        _text(sensor, 'update_rate', numbers([_RATE]))
        _text(sensor, spelling.frame, FRAME)
        camera = Xml.SubElement(sensor, 'camera')
        if kind == 'segmentation':
            _text(camera, 'segmentation_type', 'semantic')
        _optics(camera, plan)
        if kind == 'camera' and plan.noise:
            noise = Xml.SubElement(camera, 'noise')
            for tag, value in (('type', 'gaussian'), ('mean', '0'),
                               ('stddev', numbers([plan.noise]))):
                _text(noise, tag, value)


def _optics(camera: Xml.Element, plan: Plan) -> None:
    optics = plan.intrinsics
    _text(camera, 'horizontal_fov', numbers([2.0 * math.atan(0.5 * optics.width / optics.fx)]))
    image = Xml.SubElement(camera, 'image')
    _text(image, 'width', str(optics.width))
    _text(image, 'height', str(optics.height))
    _text(image, 'format', 'R8G8B8')
    clip = Xml.SubElement(camera, 'clip')
    _text(clip, 'near', numbers([NEAR]))
    _text(clip, 'far', numbers([FAR]))
