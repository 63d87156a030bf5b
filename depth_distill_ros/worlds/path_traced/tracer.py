# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Path tracing with Mitsuba 3, and cleaning with Intel Open Image Denoise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.worlds.path_traced.meshes import Mesh, merged
from depth_distill_ros.worlds.path_traced.thing import Part
from depth_distill_ros.worlds.path_traced.traced_materials import Material
from depth_distill_ros.worlds.path_traced.traced_room import Sun
from depth_distill_ros.worlds.pose import Pose

# The scalar variant needs no LLVM, and one process for each core is faster than many threads. One
# variant for all machines keeps the images independent of the number of jobs.
_VARIANT = 'scalar_rgb'
_CURE = 'pip install mitsuba pyoidn'
_PATH = {'type': 'path', 'max_depth': 4, 'rr_depth': 3}
# Samples of albedo and normals for the denoiser; each takes as long as a sample of light.
_GUIDES = 2


@dataclass(frozen=True)
class Traced:
    """
    A frame without the errors of a sensor.

    light: H×W×3 float32, linear, in the unit of the lamps' radiance
    depth: H×W float32, metres along the optical axis at pixel centres; NaN in empty space
    semantics: H×W uint8, NYU-13
    """

    light: np.ndarray
    depth: np.ndarray
    semantics: np.ndarray


class Tracer:
    """
    A room that can be traced from many poses.

    parts: all its meshes
    sun: light from outside, through the panes of the windows, or None

    Raises DepthDistillError if Mitsuba or Open Image Denoise is not installed.
    """

    def __init__(self, parts: Iterable[Part], sun: Sun | None) -> None:
        self._mi = mi = _mitsuba()
        shapes, panes, labels = {}, set(), []
        for (material, label), (mesh, colours) in _grouped(parts).items():
            name = f'part{len(labels):04d}'
            shapes[name] = _shape(mi, name, mesh, colours, material)
            labels.append(label)
            if material.kind == 'light':
                panes.add(name)
        self._scene = mi.load_dict({'type': 'scene', **shapes})
        order = [int(shape.id()[4:]) for shape in self._scene.shapes()]
        self._labels = [labels[k] for k in order]
        self._sunny = None
        if sun is not None:
            open_ = {name: shape for name, shape in shapes.items() if name not in panes}
            self._sunny = mi.load_dict({'type': 'scene', **open_, 'sun': {
                'type': 'directional', 'direction': list(sun.direction),
                'irradiance': {'type': 'rgb', 'value': list(sun.irradiance)}}})

    def frame(self, pose: Pose, camera: Intrinsics, samples: int, seed: int) -> Traced:
        """Trace a frame with `samples` paths a pixel; equal seeds give equal frames."""
        depth, semantics = self.truth(pose, camera)
        light = self._trace(self._scene, pose, camera, samples, seed, _PATH)
        if self._sunny is not None:
            # Light is additive. The sun has little noise and gets half the paths.
            light = light + self._trace(self._sunny, pose, camera, max(1, samples // 2), seed,
                                        _PATH)
        guides = self._trace(self._scene, pose, camera, _GUIDES, seed, {
            'type': 'aov', 'aovs': 'colour:albedo,normal:sh_normal'})
        albedo, normal = guides[..., -6:-3], guides[..., -3:]
        light, albedo, normal = (np.ascontiguousarray(np.nan_to_num(a), np.float32)
                                 for a in (light, albedo.clip(0, 1), normal))
        clean = _denoiser().denoise(light, albedo=albedo, normal=normal, hdr=True)
        return Traced(clean, depth, semantics)

    def truth(self, pose: Pose, camera: Intrinsics) -> tuple[np.ndarray, np.ndarray]:
        """Return depth and semantics as in ``Traced``, without tracing light."""
        mi = self._mi
        # One sample in the middle of each pixel.
        sampler = {'type': 'stratified', 'sample_count': 1, 'jitter': False}
        sensor = _sensor(mi, pose, camera, sampler)
        found = np.array(mi.render(self._scene, sensor=sensor, spp=1, integrator=mi.load_dict(
            {'type': 'aov', 'aovs': 'where:position,what:shape_index'})))
        where, what = found[..., -4:-1].astype(np.float64), found[..., -1]
        depth = (where - np.asarray(pose.position)) @ pose.axes()[2]
        # Mitsuba counts shapes from 1; 0 marks rays that leave the room.
        shape = np.round(what).astype(int)
        semantics = np.array([0, *self._labels], np.uint8)[shape]
        return np.where(shape > 0, depth, np.nan).astype(np.float32), semantics

    def _trace(self, scene: Any, pose: Pose, camera: Intrinsics, samples: int, seed: int,
               integrator: dict[str, Any]) -> np.ndarray:
        mi = self._mi
        sensor = _sensor(mi, pose, camera, {'type': 'independent', 'sample_count': samples})
        return np.array(mi.render(scene, sensor=sensor, spp=samples, seed=seed,
                                  integrator=mi.load_dict(integrator)))


def check_installed() -> None:
    """Raise DepthDistillError unless the renderer and the denoiser can be used."""
    _mitsuba()
    _denoiser()


def _mitsuba() -> Any:
    try:
        import drjit
        import mitsuba
    except ImportError as error:
        raise DepthDistillError(f'mitsuba is not installed or does not load ({error}); {_CURE}'
                                ) from error
    if mitsuba.variant() != _VARIANT:
        mitsuba.set_variant(_VARIANT)
        drjit.set_thread_count(1)
        mitsuba.set_log_level(mitsuba.LogLevel.Error)
    return mitsuba


def _denoiser() -> Any:
    try:
        import pyoidn
    except (ImportError, OSError) as error:
        raise DepthDistillError('pyoidn (Open Image Denoise, for x86-64 alone) is not installed '
                                f'or does not load ({error}); {_CURE}') from error
    return pyoidn


def _sensor(mi: Any, pose: Pose, camera: Intrinsics, sampler: dict[str, Any]) -> Any:
    right, up, forward = pose.axes()
    to_world = np.eye(4)
    # Mitsuba's camera looks along +z with x to the left and y up.
    to_world[:3, :3] = np.stack([-right, up, forward], axis=1)
    to_world[:3, 3] = pose.position
    return mi.load_dict({
        'type': 'perspective', 'fov_axis': 'y', 'fov': float(np.degrees(camera.vertical_fov)),
        'near_clip': 0.01, 'far_clip': 100.0, 'to_world': mi.ScalarTransform4f(to_world),
        'film': {'type': 'hdrfilm', 'height': camera.height, 'width': camera.width,
                 'rfilter': {'type': 'box'}, 'pixel_format': 'rgb',
                 'component_format': 'float32'},
        'sampler': sampler})


def _grouped(parts: Iterable[Part]) -> dict[tuple[Material, int], tuple[Mesh, np.ndarray | None]]:
    """
    Merge the meshes of each material and class, as Mitsuba is slow with many shapes.

    Materials without a texture that differ only in colour become one, with a linear colour at each
    corner.
    """
    groups: dict[Any, list[Part]] = {}
    for part in parts:
        surface = part.material
        plain = surface.texture is None and surface.kind in ('matt', 'gloss', 'metal')
        key = (surface.kind, round(surface.roughness, 1)) if plain else surface
        groups.setdefault((key, part.label), []).append(part)
    result = {}
    for members in groups.values():
        first = members[0].material
        colours = None
        if first.texture is None and first.kind in ('matt', 'gloss', 'metal'):
            colours = np.concatenate([np.repeat([_linear(part.material.colour)],
                                                3 * len(part.mesh.corners), axis=0)
                                      for part in members])
        result[first, members[0].label] = merged([part.mesh for part in members]), colours
    return result


def _linear(colour: tuple[float, float, float]) -> np.ndarray:
    return ((np.asarray(colour, np.float32) + 0.055) / 1.055) ** 2.4


def _shape(mi: Any, name: str, mesh: Mesh, colours: np.ndarray | None, material: Material) -> Any:
    properties = mi.Properties()
    if material.kind == 'light':
        properties['emitter'] = mi.load_dict({'type': 'area', 'radiance': _emission(mi, material)})
        properties['bsdf'] = mi.load_dict({'type': 'diffuse', 'reflectance': {
            'type': 'rgb', 'value': [0.3, 0.3, 0.3]}})
    else:
        properties['bsdf'] = mi.load_dict(_bsdf(mi, material))
    count = len(mesh.corners)
    shape = mi.Mesh(name, 3 * count, count, props=properties, has_vertex_normals=True,
                    has_vertex_texcoords=True)
    if colours is not None:
        shape.add_attribute('vertex_color', 3, colours.astype(np.float32).ravel())
    values = mi.traverse(shape)
    values['vertex_positions'] = mesh.corners.astype(np.float32).ravel()
    values['vertex_normals'] = mesh.normals.astype(np.float32).ravel()
    # The first row of a texture is at its top.
    uv = mesh.uv / material.tile * (1, -1)
    values['vertex_texcoords'] = uv.astype(np.float32).ravel()
    values['faces'] = np.arange(3 * count, dtype=np.uint32)
    values.update()
    shape.set_id(name)
    return shape


def _bsdf(mi: Any, material: Material) -> dict[str, Any]:
    if material.kind == 'glass':
        return {'type': 'dielectric', 'int_ior': 1.5}
    if material.texture is None:
        colour = {'type': 'mesh_attribute', 'name': 'vertex_color'}
    else:
        colour = {'type': 'bitmap', 'bitmap': mi.Bitmap(np.ascontiguousarray(material.texture))}
    rough = max(0.1, material.roughness)
    if material.kind == 'metal':
        bsdf = {'type': 'roughconductor', 'alpha': rough, 'material': 'none',
                'specular_reflectance': colour}
    elif material.kind == 'gloss':
        # As fast as roughplastic, which takes 50 ms to prepare.
        bsdf = {'type': 'principled', 'base_color': colour, 'roughness': rough ** 0.5,
                'specular': 0.5}
    else:
        bsdf = {'type': 'diffuse', 'reflectance': colour}
    return {'type': 'twosided', 'bsdf': bsdf}


def _emission(mi: Any, material: Material) -> dict[str, Any]:
    if material.texture is None:
        return {'type': 'rgb', 'value': list(material.colour)}
    pattern = (material.texture * np.asarray(material.colour)).astype(np.float32)
    return {'type': 'bitmap', 'raw': True, 'bitmap': mi.Bitmap(pattern)}
