# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Renders rooms with MuJoCo: colour in one pass, classes and depth in another.

One model without bodies gives the context its texture slots. A room is written into the abstract
scene (mjvGeom, mjvLight) and its textures into the slots. A new room therefore needs neither a
compilation nor an OpenGL context, and thousands of them use no more memory.
"""

from __future__ import annotations

import weakref

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.worlds.mujoco import gl
from depth_distill_ros.worlds.mujoco.geoms import Geom, culled, geoms
from depth_distill_ros.worlds.pose import Pose
from depth_distill_ros.worlds.rooms.scene import Room

mujoco = gl.load_mujoco()

_SLOTS = (256,) * 5 + (128,) * 8
_NEAR, _FAR = 0.05, 30.0
_MOST_GEOMS = 1000
_COLOUR_ROWS = 336


class MujocoRenderer:
    """
    A camera of one size for any number of rooms; all calls come from one thread.

    Small images are rendered larger (at about 336 rows) and shrunk. This smooths edges and is much
    faster than multisampling in software.

    Args:
        intrinsics: square pixels, principal point in the middle; others of the same size may be
            assigned between images
        shadows: the ceiling lamp casts shadows, at half the speed or less
    Raises:
        GraphicsError: no OpenGL; names what to install.
    """

    def __init__(self, intrinsics: Intrinsics, shadows: bool = False) -> None:
        self.intrinsics, self._shadows = intrinsics, shadows
        height, width = intrinsics.size
        scale = min(2.0, max(1.0, _COLOUR_ROWS / height))
        self._fine = round(height * scale), round(width * scale)
        self._model = mujoco.MjModel.from_xml_string(_empty_model(self._fine))
        try:
            self._gl = mujoco.GLContext(self._fine[1], self._fine[0])
            self._gl.make_current()
            self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_50)
        except Exception as error:
            raise gl.failed(error) from error
        # Without this, a collected MjrContext deletes its names in the context that is current.
        self._free = weakref.finalize(self, _free, self._gl, self._context)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(self._model, _MOST_GEOMS)
        self._targets = self._scene.geoms
        self._colour = np.empty((*self._fine, 3), np.uint8)
        self._ids = np.empty((height, width, 3), np.uint8)
        self._buffer = np.empty((height, width), np.float32)
        self._drawn: list[tuple] = []

    def close(self) -> None:
        """Free the OpenGL context; a second call does nothing."""
        self._free()

    def load(self, room: Room) -> None:
        """Upload a room in place of the last one."""
        self._gl.make_current()
        slots = self._upload(room.textures)
        whole = geoms(room)
        self._middle = np.array([geom.centre for geom in whole])
        self._radius = np.array([np.linalg.norm(geom.half) for geom in whole])
        self._drawn = [self._prepared(k, geom, slots) for k, geom in enumerate(whole)]
        self._light(room)

    def render(self, pose: Pose) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Return image, semantics and depth at a pose.

        H×W×3 uint8 RGB; H×W uint8, NYU13; H×W float32, z in metres, NaN where there is nothing.
        """
        self._gl.make_current()
        height, width = self.intrinsics.size
        directions = pose.axes()
        self._aim(pose, directions)
        self._fill(pose, directions)
        scene, context = self._scene, self._context
        scene.flags[:] = 0
        scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = self._shadows
        view = mujoco.MjrRect(0, 0, self._fine[1], self._fine[0])
        mujoco.mjr_render(view, scene, context)
        mujoco.mjr_readPixels(self._colour, None, view, context)
        scene.flags[:] = 0
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 1
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        view = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(view, scene, context)
        mujoco.mjr_readPixels(self._ids, self._buffer, view, context)
        image = self._colour[::-1]
        if self._fine != (height, width):
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        # A class has the value id + 1, and 0 is the background.
        seen = self._ids[::-1, :, 0]
        semantics = np.where(seen > 0, seen - 1, 0).astype(np.uint8)
        depth = _NEAR * _FAR / (_FAR - self._buffer[::-1] * (_FAR - _NEAR))
        depth[seen == 0] = np.nan
        return np.ascontiguousarray(image), semantics, depth.astype(np.float32)

    def _upload(self, textures: dict[str, np.ndarray]) -> dict[str, int]:
        """Put each texture into a slot of its size; return the slots by name."""
        slots: dict[str, int] = {}
        free = {size: [k for k, s in enumerate(_SLOTS) if s == size] for size in set(_SLOTS)}
        for name, texture in textures.items():
            slot = slots[name] = free[texture.shape[0]].pop(0)
            start = self._model.tex_adr[slot]
            self._model.tex_data[start:start + texture.size] = texture.ravel()
            mujoco.mjr_uploadTexture(self._model, self._context, slot)
        return slots

    def _prepared(self, number: int, geom: Geom, slots: dict[str, int]) -> tuple[tuple, tuple]:
        """Return the arguments of mjv_initGeom and what else is set on the geom."""
        index = -1
        if geom.texture is not None:
            index = number
            roles = int(mujoco.mjtTextureRole.mjNTEXROLE)
            use = int(mujoco.mjtTextureRole.mjTEXROLE_RGB)
            self._context.mat_texid[roles * index + use] = slots[geom.texture]
            self._context.mat_texuniform[index] = 0
            self._context.mat_texrepeat[2 * index:2 * index + 2] = geom.repeat
        half = geom.half
        if geom.shape == 'cylinder':
            half = np.array([half[0], half[2], 0.0])
        shape = getattr(mujoco.mjtGeom, f'mjGEOM_{geom.shape.upper()}')
        return (shape, half, geom.centre, geom.turn, geom.rgba), (
            index, geom.label, geom.emission, geom.gloss)

    def _light(self, room: Room) -> None:
        # The ambient light comes from the lamp's place, so that far corners are darker. It is a
        # separate light, because a light contributes nothing in its own shadow.
        main, dark = room.lights[0], (0.0, 0.0, 0.0)
        lit = [(light, light.colour, dark) for light in room.lights]
        lit.append((main, dark, room.ambient))
        self._scene.nlight = len(lit)
        for k, (light, diffuse, ambient) in enumerate(lit):
            target = self._scene.lights[k]
            target.type = getattr(mujoco.mjtLightType, f'mjLIGHT_{light.kind.upper()}')
            target.pos, target.dir = light.position, light.direction
            target.diffuse, target.ambient = diffuse, ambient
            target.specular = tuple(0.5 * c for c in diffuse)
            target.attenuation = (1.0, 0.0, 0.02)
            target.cutoff, target.exponent = 90.0, 0.6
            target.castshadow = int(self._shadows and k == 0)
            target.headlight = 0

    def _aim(self, pose: Pose, directions: tuple[np.ndarray, ...]) -> None:
        _, up, forward = directions
        top = _NEAR * 0.5 * self.intrinsics.height / self.intrinsics.fy
        for camera in self._scene.camera:
            camera.pos, camera.forward, camera.up = (pose.x, pose.y, pose.z), forward, up
            camera.frustum_near, camera.frustum_far = _NEAR, _FAR
            camera.frustum_bottom, camera.frustum_top = -top, top
            camera.frustum_center = 0.0
            camera.frustum_width = top * self.intrinsics.width / self.intrinsics.height
            camera.orthographic = 0

    def _fill(self, pose: Pose, directions: tuple[np.ndarray, ...]) -> None:
        """Pass on only the primitives in view, as rendering time grows with their number."""
        slopes = (0.5 * self.intrinsics.width / self.intrinsics.fx,
                  0.5 * self.intrinsics.height / self.intrinsics.fy)
        chosen = culled(self._middle - (pose.x, pose.y, pose.z), self._radius, directions, slopes)
        for count, k in enumerate(chosen):
            target = self._targets[count]
            arguments, (index, label, emission, gloss) = self._drawn[k]
            mujoco.mjv_initGeom(target, *arguments)
            target.matid, target.segid = index, label
            target.emission, target.specular, target.shininess = emission, gloss, 0.3
        self._scene.ngeom = len(chosen)


def _free(context: mujoco.GLContext, resources: mujoco.MjrContext) -> None:
    context.make_current()
    resources.free()
    context.free()


def _empty_model(size: tuple[int, int]) -> str:
    assets = ''.join(f'<texture name="t{k}" type="2d" builtin="flat" width="{s}" height="{s}"/>'
                     f'<material name="m{k}" texture="t{k}"/>' for k, s in enumerate(_SLOTS))
    return (f'<mujoco><statistic extent="4" center="3 3 1"/><visual>'
            f'<global offheight="{size[0]}" offwidth="{size[1]}"/>'
            '<quality offsamples="0" numslices="16" numstacks="8" numquads="2" '
            'shadowsize="1024"/><map shadowclip="2" znear="0.01" zfar="10"/></visual>'
            f'<asset>{assets}</asset><worldbody/></mujoco>')
