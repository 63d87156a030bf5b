# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A room as a USD stage: metres, z up, without physics, with the labels that Isaac Sim reads.

The labels are a variant set of the room: ``labels`` (UsdSemantics, Isaac Sim 5.0 and newer) is
chosen, ``legacy`` (SemanticsAPI, before 5.0) can be.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.worlds.export import box_mesh
from depth_distill_ros.worlds.export.exported_room import FAR, NEAR, ExportedRoom, linear
from depth_distill_ros.worlds.pose import rotation
from depth_distill_ros.worlds.rooms.scene import Light, Object, Part

if TYPE_CHECKING:
    from pxr import Usd, UsdGeom, UsdLux, UsdShade

ROOM, LOOKS, LIGHTS, CAMERA = '/World/Room', '/World/Looks', '/World/Lights', '/World/Camera'
VARIANTS = 'semantics'
# Luminance of a lamp and of a window with a light of strength 1, in nits.
_LAMP, _WINDOW = 30000.0, 6000.0
_APERTURE = 20.955


def files(exported: ExportedRoom) -> dict[str, str]:
    """
    Return the stage as text by its file name; ``textures/`` is expected beside it.

    Raises DepthDistillError: the package usd-core is not installed.
    """
    stage = _Writer(exported).stage
    return {'room.usda': stage.GetRootLayer().ExportToString()}


def load_pxr() -> ModuleType:
    """
    Return the package pxr with the modules for a stage.

    Raises DepthDistillError: it is not installed, or older than UsdSemantics.
    """
    try:
        import pxr
        from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdSemantics, UsdShade  # noqa: F401
    except ImportError as error:
        raise DepthDistillError(
            "usd: usd-core is not installed or older than 24.11: pip install 'usd-core>=24.11'"
        ) from error
    return pxr


class _Writer:
    """Builds one stage in memory."""

    def __init__(self, exported: ExportedRoom) -> None:
        self._exported, self._pxr = exported, load_pxr()
        self._paints: dict[tuple, UsdShade.Material] = {}
        usd, geom = self._pxr.Usd, self._pxr.UsdGeom
        self.stage = usd.Stage.CreateInMemory()
        geom.SetStageMetersPerUnit(self.stage, 1.0)
        geom.SetStageUpAxis(self.stage, geom.Tokens.z)
        self.stage.SetDefaultPrim(geom.Xform.Define(self.stage, '/World').GetPrim())
        geom.Scope.Define(self.stage, LOOKS)
        geom.Xform.Define(self.stage, ROOM)
        for name, thing in exported.objects():
            self._thing(f'{ROOM}/{name}', thing)
        self._labels()
        self._lights()
        self._camera()

    def _thing(self, path: str, thing: Object) -> None:
        xform = self._pxr.UsdGeom.Xform.Define(self.stage, path)
        self._place(xform, thing.position, (0.0, 0.0, thing.yaw))
        for k, part in enumerate(thing.parts):
            self._part(f'{path}/part_{k:03d}', part)

    def _place(self, prim: UsdGeom.Xformable, position: tuple[float, float, float],
               rpy: tuple[float, float, float]) -> None:
        gf = self._pxr.Gf
        prim.AddTranslateOp().Set(gf.Vec3d(*(float(v) for v in position)))
        if any(rpy):
            # About fixed x, then y, then z: roll, pitch and yaw.
            prim.AddRotateXYZOp(self._pxr.UsdGeom.XformOp.PrecisionDouble).Set(
                gf.Vec3d(*(math.degrees(a) for a in rpy)))

    def _part(self, path: str, part: Part) -> None:
        geom, gf = self._pxr.UsdGeom, self._pxr.Gf
        if part.shape == 'box':
            shape = self._box(path, part)
        elif part.shape == 'cylinder':
            shape = geom.Cylinder.Define(self.stage, path)
            shape.CreateRadiusAttr(0.5 * part.size[0])
            shape.CreateHeightAttr(part.size[2])
            shape.CreateAxisAttr(geom.Tokens.z)
        else:
            shape = geom.Sphere.Define(self.stage, path)
            shape.CreateRadiusAttr(0.5)
        self._place(shape, part.centre, part.rpy)
        if part.shape == 'ellipsoid':
            shape.AddScaleOp().Set(gf.Vec3f(*part.size))
        if part.shape != 'box':
            shape.CreateExtentAttr(geom.Boundable.ComputeExtentFromPlugins(
                shape, self._pxr.Usd.TimeCode.Default()))
        self._pxr.UsdShade.MaterialBindingAPI.Apply(shape.GetPrim()).Bind(self._paint(part))

    def _box(self, path: str, part: Part) -> UsdGeom.Mesh:
        geom, sdf = self._pxr.UsdGeom, self._pxr.Sdf
        box = box_mesh.box(part)
        mesh = geom.Mesh.Define(self.stage, path)
        mesh.CreatePointsAttr(list(map(tuple, box.points.round(6).tolist())))
        mesh.CreateFaceVertexCountsAttr([4] * 6)
        mesh.CreateFaceVertexIndicesAttr(list(range(24)))
        mesh.CreateNormalsAttr([tuple(n) for n in box.normals.tolist()])
        mesh.SetNormalsInterpolation(geom.Tokens.uniform)
        mesh.CreateSubdivisionSchemeAttr(geom.Tokens.none)
        mesh.CreateExtentAttr(geom.PointBased.ComputeExtent(mesh.GetPointsAttr().Get()))
        if self._exported.surface(part).texture is not None:
            st = geom.PrimvarsAPI(mesh).CreatePrimvar(
                'st', sdf.ValueTypeNames.TexCoord2fArray, geom.Tokens.faceVarying)
            st.Set([tuple(float(v) for v in p) for p in box.st.round(5)])
        return mesh

    def _paint(self, part: Part) -> UsdShade.Material:
        surface = self._exported.surface(part)
        if surface in self._paints:
            return self._paints[surface]
        shade, kinds, gf = self._pxr.UsdShade, self._pxr.Sdf.ValueTypeNames, self._pxr.Gf
        path, light = f'{LOOKS}/paint_{len(self._paints):03d}', linear(surface.colour)
        material = shade.Material.Define(self.stage, path)
        shader = shade.Shader.Define(self.stage, f'{path}/surface')
        shader.CreateIdAttr('UsdPreviewSurface')
        shader.CreateInput('roughness', kinds.Float).Set(1.0 - 0.8 * surface.gloss)
        shader.CreateInput('metallic', kinds.Float).Set(0.0)
        colour = shader.CreateInput('diffuseColor', kinds.Color3f)
        if surface.emission:
            shader.CreateInput('emissiveColor', kinds.Color3f).Set(
                gf.Vec3f(*(surface.emission * c for c in light)))
        if surface.texture is None:
            colour.Set(gf.Vec3f(*light))
        else:
            colour.ConnectToSource(self._texture(path, surface.texture, light))
        material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), 'surface')
        self._paints[surface] = material
        return material

    def _texture(self, path: str, name: str,
                 colour: tuple[float, float, float]) -> UsdShade.Output:
        shade, kinds = self._pxr.UsdShade, self._pxr.Sdf.ValueTypeNames
        reader = shade.Shader.Define(self.stage, f'{path}/st')
        reader.CreateIdAttr('UsdPrimvarReader_float2')
        reader.CreateInput('varname', kinds.String).Set('st')
        sampler = shade.Shader.Define(self.stage, f'{path}/texture')
        sampler.CreateIdAttr('UsdUVTexture')
        sampler.CreateInput('file', kinds.Asset).Set(f'./textures/{name}.png')
        for side in ('wrapS', 'wrapT'):
            sampler.CreateInput(side, kinds.Token).Set('repeat')
        sampler.CreateInput('sourceColorSpace', kinds.Token).Set('sRGB')
        sampler.CreateInput('scale', kinds.Float4).Set(self._pxr.Gf.Vec4f(*colour, 1.0))
        sampler.CreateInput('st', kinds.Float2).ConnectToSource(
            reader.CreateOutput('result', kinds.Float2))
        return sampler.CreateOutput('rgb', kinds.Float3)

    def _labels(self) -> None:
        variants = self.stage.GetPrimAtPath(ROOM).GetVariantSets().AddVariantSet(VARIANTS)
        for variant, write in (('legacy', self._legacy_label), ('labels', self._label)):
            variants.AddVariant(variant)
            variants.SetVariantSelection(variant)
            with variants.GetVariantEditContext():
                for name, thing in self._exported.objects():
                    write(self.stage.GetPrimAtPath(f'{ROOM}/{name}'), NYU13[thing.label])

    def _label(self, prim: Usd.Prim, name: str) -> None:
        self._pxr.UsdSemantics.LabelsAPI.Apply(prim, 'class').CreateLabelsAttr().Set([name])

    def _legacy_label(self, prim: Usd.Prim, name: str) -> None:
        # A schema of NVIDIA, which usd-core does not know.
        prim.AddAppliedSchema('SemanticsAPI:Semantics')
        for key, value in (('Type', 'class'), ('Data', name)):
            prim.CreateAttribute(f'semantic:Semantics:params:semantic{key}',
                                 self._pxr.Sdf.ValueTypeNames.String).Set(value)

    def _lights(self) -> None:
        """Add lamps, and daylight at the windows; the renderer computes reflections."""
        geom, room = self._pxr.UsdGeom, self._exported.room
        geom.Xform.Define(self.stage, LIGHTS)
        lux, windows = self._pxr.UsdLux, [o for o in room.objects if o.name == 'window']
        for k, light in enumerate(light for light in room.lights if light.kind == 'spot'):
            lamp = lux.DiskLight.Define(self.stage, f'{LIGHTS}/lamp_{k}')
            lamp.CreateRadiusAttr(0.15)
            self._shine(lamp, light, _LAMP)
            self._place(lamp, light.position, (0.0, 0.0, 0.0))
        daylight = [light for light in room.lights
                    if light.kind == 'directional' and light.direction[2] < 0]
        for k, (window, light) in enumerate(zip(windows, daylight, strict=True)):
            glass, pane = window.parts[0], lux.RectLight.Define(self.stage, f'{LIGHTS}/sky_{k}')
            pane.CreateWidthAttr(glass.size[0])
            pane.CreateHeightAttr(glass.size[2])
            self._shine(pane, light, _WINDOW)
            # Before the bars of the window. Light leaves along -z, and a window faces +y.
            offset = rotation((0.0, 0.0, window.yaw)) @ (glass.centre + np.array([0, 0.06, 0]))
            self._place(pane, tuple(offset + window.position), (0.5 * math.pi, 0.0, window.yaw))

    def _shine(self, prim: UsdLux.BoundableLightBase, light: Light, nits: float) -> None:
        strength = max(light.colour)
        prim.CreateIntensityAttr(nits * strength)
        prim.CreateColorAttr(self._pxr.Gf.Vec3f(*(c / max(strength, 1e-6) for c in light.colour)))

    def _camera(self) -> None:
        camera = self._pxr.UsdGeom.Camera.Define(self.stage, CAMERA)
        lens, start = self._exported.intrinsics, self._exported.way[0]
        camera.CreateHorizontalApertureAttr(_APERTURE)
        camera.CreateVerticalApertureAttr(_APERTURE * lens.height / lens.width)
        camera.CreateFocalLengthAttr(_APERTURE * lens.fx / lens.width)
        camera.CreateClippingRangeAttr(self._pxr.Gf.Vec2f(NEAR, FAR))
        # Rows, as USD multiplies from the left. A camera of USD looks along its -z with y up.
        right, up, forward = start.axes()
        rows = np.eye(4)
        rows[:3, :3] = right, up, -forward
        rows[3, :3] = start.position
        camera.AddTransformOp().Set(self._pxr.Gf.Matrix4d(rows.tolist()))

