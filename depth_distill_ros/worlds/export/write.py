# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Folders of rooms for a simulator: the scene, its textures, and a way for the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.files import write_bytes, write_text
from depth_distill_ros.worlds.export import mjcf, sdf, usd
from depth_distill_ros.worlds.export.exported_room import Plan, plan
from depth_distill_ros.worlds.export.xml_text import document, numbers
from depth_distill_ros.worlds.rooms.looks import Look

WAY = 'way.csv'


def export(simulator: str, look: Look, seeds: Iterable[int], out: Path,
           size: tuple[int, int] = (480, 640), texture_rows: int = 256) -> list[Path]:
    """
    Write one folder ``room_SEED`` for each seed; return the files that a simulator opens.

    Parameters
    ----------
    simulator : a key of ``WRITERS``
    look : what rooms there are
    seeds : of the rooms
    out : folder; files of the same names are replaced
    size : of the cameras' pictures, (height, width), pixels
    texture_rows : larger textures are shrunk to this many rows

    Raises
    ------
    DepthDistillError : a file cannot be written, or the format's library is missing.

    """
    opened = []
    for seed in seeds:
        room = plan(look, seed, size)
        folder = out / room.name
        files = WRITERS[simulator](room)
        opened += [folder / name for name in files if '/' not in name]
        files[WAY] = _way(room)
        for name, text in files.items():
            write_text(folder / name, text)
        for name, picture in room.room.textures.items():
            write_bytes(folder / f'textures/{name}.png', _png(picture, texture_rows))
    return opened


def _mujoco(room: Plan) -> dict[str, str]:
    return {'room.xml': document(mjcf.scene(room), _origin(room))}


def _gazebo(room: Plan) -> dict[str, str]:
    files = {f'meshes/{name}': text for name, text in sdf.mesh_files(room).items()}
    for version, spelling in sdf.SPELLINGS.items():
        name = 'room.sdf' if version == 'harmonic' else f'room.{version}.sdf'
        files[name] = document(sdf.world(room, spelling), _origin(room))
    return files


def _isaac(room: Plan) -> dict[str, str]:
    return {'room.usda': usd.stage(room)}


WRITERS: dict[str, Callable[[Plan], dict[str, str]]] = {
    'gazebo': _gazebo, 'isaac': _isaac, 'mujoco': _mujoco}


def _origin(room: Plan) -> str:
    return f'{room.name}, a {room.room.kind}, written by depth-distill simulate'


def _way(room: Plan) -> str:
    """Return camera poses, metres and radians: x looks forward, y left, z up; fixed axes."""
    lines = ['x,y,z,roll,pitch,yaw']
    for pose in room.way:
        values = (pose.x, pose.y, pose.z, *pose.roll_pitch_yaw())
        lines.append(numbers(values).replace(' ', ','))
    return '\n'.join(lines) + '\n'


def _png(picture: np.ndarray, most_rows: int) -> bytes:
    if picture.shape[0] > most_rows:
        width = max(1, round(picture.shape[1] * most_rows / picture.shape[0]))
        picture = cv2.resize(picture, (width, most_rows), interpolation=cv2.INTER_AREA)
    return cv2.imencode('.png', picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
