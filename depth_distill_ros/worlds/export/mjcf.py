# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A room as a MuJoCo scene (MJCF).

Every object is a body with its class as the user datum; the custom text ``classes`` has the names.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree as Xml

import numpy as np

from depth_distill_ros.stream.classes import FLOOR, NYU13
from depth_distill_ros.worlds.export.exported_room import FAR, NEAR, ExportedRoom
from depth_distill_ros.worlds.export.xml_text import document, numbers
from depth_distill_ros.worlds.mujoco.geoms import ground, repeats
from depth_distill_ros.worlds.rooms.scene import Part


def files(exported: ExportedRoom) -> dict[str, str]:
    """Return the scene by its file name; its textures are expected in ``textures/`` beside it."""
    root = Xml.Element('mujoco', model=exported.name)
    # eulerseq in capitals: about fixed axes, as in the whole package.
    Xml.SubElement(root, 'compiler', angle='radian', eulerseq='XYZ', texturedir='textures')
    Xml.SubElement(root, 'size', nuser_body='1')
    Xml.SubElement(root, 'statistic', extent='4', center=numbers(
        0.5 * np.array(exported.room.size)))
    _visual(root, exported)
    Xml.SubElement(Xml.SubElement(root, 'custom'), 'text', name='classes', data=' '.join(NYU13))
    asset, body = Xml.SubElement(root, 'asset'), Xml.SubElement(root, 'worldbody')
    for name in exported.room.textures:
        Xml.SubElement(asset, 'texture', name=name, type='2d', file=f'{name}.png')
    for light in exported.room.lights:
        Xml.SubElement(
            body, 'light', type=light.kind, pos=numbers(light.position),
            dir=numbers(light.direction), diffuse=numbers(light.colour),
            specular=numbers(0.5 * np.array(light.colour)), attenuation='1 0 0.02', cutoff='90',
            exponent='0.6', castshadow='false')
    _camera(body, exported)
    paints: dict[tuple, str] = {}
    for name, thing in exported.objects():
        stands = Xml.SubElement(body, 'body', name=name, pos=numbers(thing.position),
                                euler=numbers((0.0, 0.0, thing.yaw)), user=str(thing.label))
        for k, part in enumerate(thing.parts):
            half = 0.5 * np.array(part.size)
            size = (half[0], half[2]) if part.shape == 'cylinder' else half
            Xml.SubElement(
                stands, 'geom', name=f'{name}_{k:03d}', type=part.shape, size=numbers(size),
                pos=numbers(part.centre), euler=numbers(part.rpy), contype='0', conaffinity='0',
                material=_paint(asset, paints, exported, part))
    shadows = Xml.SubElement(body, 'body', name='contact_shadows', user=str(FLOOR))
    for k, patch in enumerate(ground(exported.room)):
        Xml.SubElement(
            shadows, 'geom', name=f'shadow_{k:03d}', type='box', size=numbers(patch.half),
            pos=numbers(patch.centre), rgba=numbers(patch.rgba), contype='0', conaffinity='0')
    return {'room.xml': document(root, exported.origin)}


def _visual(root: Xml.Element, exported: ExportedRoom) -> None:
    visual = Xml.SubElement(root, 'visual')
    height, width = exported.intrinsics.size
    Xml.SubElement(visual, 'global', offheight=str(height), offwidth=str(width))
    Xml.SubElement(visual, 'headlight', ambient=numbers(exported.room.ambient), diffuse='0 0 0',
                   specular='0 0 0')
    # MuJoCo's near and far are in units of the extent.
    Xml.SubElement(visual, 'map', znear=numbers([NEAR / 4]), zfar=numbers([FAR / 4]))
    # Light is computed per vertex.
    Xml.SubElement(visual, 'quality', numquads='8')


def _camera(body: Xml.Element, exported: ExportedRoom) -> None:
    pose, (height, width) = exported.way[0], exported.intrinsics.size
    right, up, _ = pose.axes()
    Xml.SubElement(
        body, 'camera', name='camera', pos=numbers(pose.position),
        xyaxes=numbers((*right, *up)), resolution=f'{width} {height}',
        # In degrees, like the cutoff of a light; the compiler's unit does not apply.
        fovy=numbers([math.degrees(exported.intrinsics.vertical_fov)]))


def _paint(asset: Xml.Element, paints: dict[tuple, str], exported: ExportedRoom,
           part: Part) -> str:
    """Return the name of the part's material; parts with the same look share one."""
    surface = exported.surface(part)
    across, texture = (1.0, 1.0), {}
    if surface.texture is not None:
        across = repeats(part.size, part.material, int(np.argmin(part.size)))
        texture = {'texture': surface.texture, 'texrepeat': numbers(across)}
    key = (surface, across)
    if key not in paints:
        paints[key] = f'paint_{len(paints):03d}'
        Xml.SubElement(
            asset, 'material', name=paints[key], rgba=numbers((*surface.colour, 1.0)),
            emission=numbers([surface.emission]), specular=numbers([surface.gloss]),
            shininess='0.3', **texture)
    return paints[key]
