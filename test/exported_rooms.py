# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Exported rooms read back, each with its simulator's own reader, into one form to compare.

Every reader returns name -> Thing; parts are in the room's frame, metres.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple
import xml.etree.ElementTree as ElementTree

import numpy as np

from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.pose import rotation

# the dark patches under the furniture, which are no things
SHADOWS = 'contact_shadows'


class ReadPart(NamedTuple):
    """A primitive: 'box', 'cylinder' or 'ellipsoid', full extents, middle, 3 x 3 rotation."""

    shape: str
    size: np.ndarray
    middle: np.ndarray
    turn: np.ndarray
    texture: str | None


class Thing(NamedTuple):
    """An object with the name of its class."""

    label: str
    parts: list[ReadPart]


class Camera(NamedTuple):
    """Where the camera stands, its rotation (x forward, y left, z up), and tan of half its fov."""

    position: np.ndarray
    turn: np.ndarray
    slopes: tuple[float, float]


def mjcf(path: Path) -> tuple[dict[str, Thing], Camera]:
    """Read a MuJoCo scene with MuJoCo's compiler."""
    from depth_distill_ros.worlds.mujoco.gl import load_mujoco
    mujoco = load_mujoco()
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    names = bytes(model.text_data[:model.text_size[0]]).rstrip(b'\0').decode().split()
    shapes = {int(mujoco.mjtGeom.mjGEOM_BOX): 'box',
              int(mujoco.mjtGeom.mjGEOM_CYLINDER): 'cylinder',
              int(mujoco.mjtGeom.mjGEOM_ELLIPSOID): 'ellipsoid'}
    things = {}
    for body in range(1, model.nbody):
        if model.body(body).name == SHADOWS:
            continue
        parts = []
        for k in range(model.body_geomadr[body], model.body_geomadr[body] + model.body_geomnum[
                body]):
            shape, size = shapes[int(model.geom_type[k])], 2.0 * model.geom_size[k]
            if shape == 'cylinder':
                size = np.array([size[0], size[0], size[1]])
            texture = model.mat_texid[model.geom_matid[k]].max()
            parts.append(ReadPart(
                shape, size, data.geom_xpos[k].copy(), data.geom_xmat[k].reshape(3, 3).copy(),
                model.texture(texture).name if texture >= 0 else None))
        things[model.body(body).name] = Thing(names[int(model.body_user[body, 0])], parts)
    view = data.cam_xmat[0].reshape(3, 3)
    up = math.tan(math.radians(model.cam_fovy[0]) / 2)
    width, height = model.cam_resolution[0]
    return things, Camera(data.cam_xpos[0].copy(), np.stack(
        [-view[:, 2], -view[:, 0], view[:, 1]], axis=1), (up * width / height, up))


def sdf(path: Path) -> tuple[dict[str, Thing], Camera]:
    """Read a Gazebo world: sizes from collisions, textures from visuals."""
    world = ElementTree.parse(path).getroot().find('world')
    things, camera = {}, None
    for model in world.findall('model'):
        if model.get('name') == SHADOWS:
            continue
        base, around = pose(model)
        if model.get('name') == 'camera':
            optics = model.find("link/sensor[@type='segmentation']/camera")
            along = math.tan(float(optics.findtext('horizontal_fov')) / 2)
            ratio = int(optics.findtext('image/height')) / int(optics.findtext('image/width'))
            camera = Camera(base, around, (along, along * ratio))
            continue
        parts = []
        for collision, visual in zip(model.findall('link/collision'),
                                     model.findall('link/visual'), strict=True):
            assert visual.findtext('pose') == collision.findtext('pose')
            at, turned = pose(collision)
            kind, size = extents(collision.find('geometry')[0])
            mesh = visual.findtext('geometry/mesh/uri')
            if mesh is not None:
                np.testing.assert_allclose(mesh_extents(path.parent / mesh), size, atol=2e-5)
            else:
                assert extents(visual.find('geometry')[0]) == (kind, size)
            texture = visual.findtext('material/pbr/metal/albedo_map')
            parts.append(ReadPart(kind, np.array(size), base + around @ at, around @ turned,
                                  Path(texture).stem if texture else None))
        label = int(model.findtext('plugin/label'))
        things[model.get('name')] = Thing(NYU13[label], parts)
    return things, camera


def pose(element: ElementTree.Element) -> tuple[np.ndarray, np.ndarray]:
    """Return position and rotation of an element's <pose>."""
    values = [float(v) for v in element.findtext('pose').split()]
    return np.array(values[:3]), rotation(tuple(values[3:]))


def extents(shape: ElementTree.Element) -> tuple[str, tuple[float, ...]]:
    """Return the kind and the full extents of a geometry."""
    if shape.tag == 'box':
        return 'box', tuple(float(v) for v in shape.findtext('size').split())
    if shape.tag == 'cylinder':
        across = 2 * float(shape.findtext('radius'))
        return 'cylinder', (across, across, float(shape.findtext('length')))
    return 'ellipsoid', tuple(2 * float(v) for v in shape.findtext('radii').split())


def mesh_extents(path: Path) -> np.ndarray:
    """Return the extents of a Wavefront file, having checked that its faces look outward."""
    points, normals, faces = [], [], []
    for line in path.read_text().splitlines():
        kind, *words = line.split()
        if kind == 'v':
            points.append([float(w) for w in words])
        elif kind == 'vn':
            normals.append([float(w) for w in words])
        elif kind == 'f':
            faces.append([[int(n) - 1 for n in w.split('/')] for w in words])
    points, normals = np.array(points), np.array(normals)
    for face in faces:
        a, b, c = (points[corner[0]] for corner in face[:3])
        normal = np.cross(b - a, c - b)
        np.testing.assert_allclose(normal / np.linalg.norm(normal), normals[face[0][2]],
                                   atol=1e-3)
        assert points[face[0][0]] @ normal > 0
    return np.ptp(points, axis=0)


def usd(path: Path, variant: str = 'labels') -> tuple[dict[str, Thing], Camera]:
    """Read a USD stage with usd-core; labels of the chosen variant."""
    from pxr import Usd, UsdGeom, UsdShade

    stage = Usd.Stage.Open(str(path))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert UsdGeom.GetStageUpAxis(stage) == 'Z'
    room = stage.GetPrimAtPath('/World/Room')
    assert room.GetVariantSets().GetVariantSet('semantics').SetVariantSelection(variant)
    things = {}
    for prim in room.GetChildren():
        parts = []
        for child in prim.GetChildren():
            matrix = np.array(UsdGeom.Xformable(child).ComputeLocalToWorldTransform(0)).T
            scale = np.linalg.norm(matrix[:3, :3], axis=0)
            low, high = (np.array(v) for v in UsdGeom.Boundable(child).GetExtentAttr().Get())
            material = UsdShade.MaterialBindingAPI(child).ComputeBoundMaterial()[0].GetPrim()
            texture = material.GetChild('texture')
            if texture:
                texture = Path(texture.GetAttribute('inputs:file').Get().resolvedPath).stem
            shape = {'Mesh': 'box', 'Cylinder': 'cylinder', 'Sphere': 'ellipsoid'}[
                child.GetTypeName()]
            parts.append(ReadPart(shape, (high - low) * scale, matrix[:3, 3],
                                  matrix[:3, :3] / scale, texture or None))
        things[prim.GetName()] = Thing(usd_label(prim, variant), parts)
    camera = UsdGeom.Camera(stage.GetPrimAtPath('/World/Camera'))
    matrix = np.array(camera.ComputeLocalToWorldTransform(0)).T
    lens = camera.GetFocalLengthAttr().Get()
    slopes = tuple(attribute.Get() / lens / 2 for attribute in (
        camera.GetHorizontalApertureAttr(), camera.GetVerticalApertureAttr()))
    return things, Camera(matrix[:3, 3], np.stack(
        [-matrix[:3, 2], -matrix[:3, 0], matrix[:3, 1]], axis=1), slopes)


def usd_label(prim: object, variant: str) -> str:
    """Return the class that Isaac Sim would read."""
    from pxr import UsdSemantics

    if variant == 'labels':
        label, = UsdSemantics.LabelsAPI(prim, 'class').GetLabelsAttr().Get()
        assert not prim.HasAttribute('semantic:Semantics:params:semanticData')
        return label
    assert not prim.HasAPI(UsdSemantics.LabelsAPI, 'class')
    assert 'SemanticsAPI:Semantics' in prim.GetPrimTypeInfo().GetAppliedAPISchemas()
    assert prim.GetAttribute('semantic:Semantics:params:semanticType').Get() == 'class'
    return prim.GetAttribute('semantic:Semantics:params:semanticData').Get()
