# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The fields of SceneNet RGB-D's protobuf that the reader needs, decoded from the wire format.

Field numbers: Trajectories {1: trajectory}; Trajectory {2: instance, 3: view, 4: render path};
Instance {1: id, 2: WordNet id, 4: type, where 1 is background}; View {1: frame number}.
Instances are decoded when a trajectory is first used, because the files are large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.common import read_bytes

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_BACKGROUND = 1


@dataclass(frozen=True)
class Trajectory:
    """A camera path through a room: position of its message, its renders, its frame numbers."""

    file: Path
    start: int
    stop: int
    render_path: str
    frames: tuple[int, ...]


def trajectories_in(file: Path) -> list[Trajectory]:
    """Return the trajectories of a protobuf; DatasetError if it is damaged or something else."""
    data = memoryview(read_bytes(file))
    found = []
    try:
        for number, body in _fields(data, 0, len(data)):
            if number != 1 or not isinstance(body, slice):
                raise ValueError
            found.append(_trajectory(file, data, body))
    except (ValueError, IndexError):
        raise DatasetError(f'{file} is damaged or not the protobuf of SceneNet RGB-D') from None
    return found


@lru_cache(maxsize=64)
def instances_of(trajectory: Trajectory) -> dict[int, str]:
    """Return instance id -> WordNet id of all objects except the background."""
    try:
        with trajectory.file.open('rb') as file:
            file.seek(trajectory.start)
            data = memoryview(file.read(trajectory.stop - trajectory.start))
    except OSError as error:
        raise DatasetError(f'{trajectory.file} cannot be read: {error.strerror}') from None
    objects = {}
    try:
        for number, body in _fields(data, 0, len(data)):
            if number == 2:
                instance = dict(_fields(data, body.start, body.stop))
                if instance.get(4) != _BACKGROUND and 2 in instance:
                    objects[instance[1]] = bytes(data[instance[2]]).decode('ascii')
    except (ValueError, IndexError, KeyError, AttributeError):
        raise DatasetError(f'{trajectory.file}: the instances of trajectory '
                           f'{trajectory.render_path} are damaged') from None
    return objects


def _trajectory(file: Path, data: memoryview, body: slice) -> Trajectory:
    render_path, frames = '', []
    for number, value in _fields(data, body.start, body.stop):
        if number == 4:
            render_path = bytes(data[value]).decode('utf-8')
        elif number == 3:
            # Only written if not 0 by some writers; 0 is what absence means.
            frames.append(dict(_fields(data, value.start, value.stop)).get(1, 0))
    if not render_path:
        raise ValueError
    return Trajectory(file, body.start, body.stop, render_path, tuple(frames))


def _fields(data: memoryview, at: int, stop: int) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of one message: whole numbers, or where the bytes lie."""
    while at < stop:
        tag, at = _varint(data, at)
        kind = tag & 7
        value: int | slice
        if kind == _VARINT:
            value, at = _varint(data, at)
        elif kind == _BYTES:
            length, at = _varint(data, at)
            value, at = slice(at, at + length), at + length
        elif kind in (_FIXED32, _FIXED64):
            width = 4 if kind == _FIXED32 else 8
            value, at = slice(at, at + width), at + width
        else:
            raise ValueError
        if at > stop:
            raise ValueError
        yield tag >> 3, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError
