# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of rooms for a simulator: the scene, its textures, and a way for the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.files import write_bytes, write_text
from depth_distill_ros.settings.commands import SimulateSettings
from depth_distill_ros.worlds.export import mjcf, sdf, usd
from depth_distill_ros.worlds.export.exported_room import ExportedRoom, exported_room
from depth_distill_ros.worlds.export.xml_text import numbers
from depth_distill_ros.worlds.rooms.looks import Look

WAY = 'way.csv'
WRITERS: dict[str, Callable[[ExportedRoom], dict[str, str]]] = {
    'gazebo': sdf.files, 'isaac': usd.files, 'mujoco': mjcf.files}


def export(simulator: str, look: Look, seeds: Iterable[int], out: Path,
           size: tuple[int, int] = SimulateSettings.size,
           texture_rows: int = SimulateSettings.texture_rows) -> list[Path]:
    """
    Write one folder ``room_SEED`` for each seed; return the files that the simulator opens.

    Args:
        simulator: a key of ``WRITERS``
        look, seeds: of the rooms
        out: folder; files of the same names are replaced
        size: of the camera images, (height, width), pixels
        texture_rows: larger textures are shrunk to this many rows
    Raises:
        DepthDistillError: a file cannot be written, or the format's library is missing.
    """
    opened = []
    for seed in seeds:
        room = exported_room(look, seed, size)
        folder = out / room.name
        files = WRITERS[simulator](room)
        opened += [folder / name for name in files if '/' not in name]
        files[WAY] = _way(room)
        for name, text in files.items():
            write_text(folder / name, text)
        for name, texture in room.room.textures.items():
            write_bytes(folder / f'textures/{name}.png', _png(texture, texture_rows))
    return opened


def _way(room: ExportedRoom) -> str:
    """Return camera poses, metres and radians: x looks forward, y left, z up; fixed axes."""
    rows = [numbers((*pose.position, *pose.roll_pitch_yaw())) for pose in room.way]
    return '\n'.join(['x,y,z,roll,pitch,yaw', *rows, '']).replace(' ', ',')


def _png(texture: np.ndarray, most_rows: int) -> bytes:
    if texture.shape[0] > most_rows:
        width = max(1, round(texture.shape[1] * most_rows / texture.shape[0]))
        texture = cv2.resize(texture, (width, most_rows), interpolation=cv2.INTER_AREA)
    return cv2.imencode('.png', texture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
