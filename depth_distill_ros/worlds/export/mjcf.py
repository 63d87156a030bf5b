# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
A room as a MuJoCo scene (MJCF).

Every thing is a body whose user datum is its class; the custom text ``classes`` has the names.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree as Xml

import numpy as np

from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.export.exported_room import FAR, NEAR, Plan, repeats
from depth_distill_ros.worlds.export.xml_text import numbers
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms.scene import Light, Object, Part


def scene(plan: Plan) -> Xml.Element:
    """Return the scene; its textures are expected in ``textures/`` beside it."""
    root = Xml.Element('mujoco', model=plan.name)
    # eulerseq in capitals: about fixed axes, as everywhere else here.
    Xml.SubElement(root, 'compiler', angle='radian', eulerseq='XYZ', texturedir='textures')
    Xml.SubElement(root, 'size', nuser_body='1')
    Xml.SubElement(root, 'statistic', extent='4', center=numbers(
        0.5 * np.array(plan.room.size)))
    _visual(root, plan)
    custom = Xml.SubElement(root, 'custom')
    Xml.SubElement(custom, 'text', name='classes', data=' '.join(NYU13))
    asset, body = Xml.SubElement(root, 'asset'), Xml.SubElement(root, 'worldbody')
    for name in plan.room.textures:
        Xml.SubElement(asset, 'texture', name=name, type='2d', file=f'{name}.png')
    for light in plan.room.lights:
        _light(body, light)
    _camera(body, plan, plan.way[0])
    paints: dict[tuple, str] = {}
    for name, thing in plan.objects():
        _thing(body, asset, paints, plan, name, thing)
    return root


def _visual(root: Xml.Element, plan: Plan) -> None:
    visual = Xml.SubElement(root, 'visual')
    height, width = plan.intrinsics.size
    Xml.SubElement(visual, 'global', offheight=str(height), offwidth=str(width))
    Xml.SubElement(visual, 'headlight', ambient=numbers(plan.room.ambient), diffuse='0 0 0',
                   specular='0 0 0')
    # MuJoCo's near and far are in units of the extent.
    Xml.SubElement(visual, 'map', znear=numbers([NEAR / 4]), zfar=numbers([FAR / 4]))
    # Light is computed per vertex.
    Xml.SubElement(visual, 'quality', numquads='8')


def _light(body: Xml.Element, light: Light) -> None:
    Xml.SubElement(
        body, 'light', type=light.kind, pos=numbers(light.position),
        dir=numbers(light.direction), diffuse=numbers(light.colour),
        specular=numbers(0.5 * np.array(light.colour)), attenuation='1 0 0.02', cutoff='90',
        exponent='0.6', castshadow='false')


def _camera(body: Xml.Element, plan: Plan, pose: Pose) -> None:
    right, up, _ = pose.axes()
    height, width = plan.intrinsics.size
    Xml.SubElement(
        body, 'camera', name='camera', pos=numbers((pose.x, pose.y, pose.z)),
        xyaxes=numbers((*right, *up)), resolution=f'{width} {height}',
        # In degrees, as a light's cutoff is, whatever the compiler is told of angles.
        fovy=numbers([math.degrees(plan.intrinsics.vertical_fov)]))


def _thing(body: Xml.Element, asset: Xml.Element, paints: dict[tuple, str], plan: Plan,
           name: str, thing: Object) -> None:
    stands = Xml.SubElement(body, 'body', name=name, pos=numbers(thing.position),
                            euler=numbers((0.0, 0.0, thing.yaw)), user=str(thing.label))
    for k, part in enumerate(thing.parts):
        half = 0.5 * np.array(part.size)
        size = (half[0], half[2]) if part.shape == 'cylinder' else half
        Xml.SubElement(
            stands, 'geom', name=f'{name}_{k:03d}', type=part.shape, size=numbers(size),
            pos=numbers(part.centre), euler=numbers(part.rpy), contype='0', conaffinity='0',
            material=_paint(asset, paints, plan, part))


def _paint(asset: Xml.Element, paints: dict[tuple, str], plan: Plan, part: Part) -> str:
    """Return the name of the part's material; parts that look alike share one."""
    surface = plan.surface(part)
    across = (1.0, 1.0)
    if surface.texture is not None:
        across = repeats(part.size, part.material, int(np.argmin(part.size)))
    key = (surface, across)
    if key not in paints:
        paints[key] = f'paint_{len(paints):03d}'
        texture = {}
        if surface.texture is not None:
            texture = {'texture': surface.texture, 'texrepeat': numbers(across)}
        Xml.SubElement(
            asset, 'material', name=paints[key], rgba=numbers((*surface.colour, 1.0)),
            emission=numbers([surface.emission]), specular=numbers([surface.gloss]),
            shininess='0.3', **texture)
    return paints[key]
