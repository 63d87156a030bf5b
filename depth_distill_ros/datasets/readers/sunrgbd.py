# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SUN RGB-D: 10,335 frames of four sensors, one folder each."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
from typing import Literal

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import camera_file, common
from depth_distill_ros.datasets.readers.matlab import read_matlab
from depth_distill_ros.frame import Frame

SENSORS = ('kv1', 'kv2', 'realsense', 'xtion')
# The data set's own tools ignore larger values.
FARTHEST = 8.0


class SunRgbdReader:
    """
    Frames by the path of their folder below ``SUNRGBD/``, in sorted order.

    A frame is ``image/*.jpg``, ``depth_bfx/*.png`` or ``depth/*.png`` and ``intrinsics.txt``.
    Depth is stored in millimetres, with the bits rotated left by 3.

    Args:
        path: ``SUNRGBD/`` or the folder that holds it
        split: all, or train or test by ``SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat``
        depth: refined (``depth_bfx``) or raw (``depth``)
    """

    def __init__(self, path: Path, split: Literal['all', 'train', 'test'] = 'all',
                 depth: Literal['refined', 'raw'] = 'refined') -> None:
        self._depth = {'refined': 'depth_bfx', 'raw': 'depth'}[depth]
        root = next((folder for folder in (path, path / 'SUNRGBD')
                     if any((folder / sensor).is_dir() for sensor in SENSORS)), None)
        if root is None:
            raise common.not_found('sunrgbd', ', '.join(f'{name}/' for name in SENSORS), path)
        self._root = root
        if split == 'all':
            self._frames = [frame for sensor in SENSORS if (root / sensor).is_dir()
                            for frame in sorted(_frames(root / sensor, sensor))]
        else:
            self._frames = _split(root, split)
        if not self._frames:
            raise common.not_found('sunrgbd', 'folders with intrinsics.txt', root)

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        name = self._frames[index]
        folder = self._root / name
        image = common.read_colour(_only(folder / 'image'))
        file = _only(folder / self._depth)
        stored = common.read_grey(file)
        common.check_registered(file, stored, image)
        depth = common.metres((stored >> 3) | (stored << np.uint16(13)), 1000, FARTHEST)
        matrix = camera_file.read_matrix(folder / 'intrinsics.txt')
        camera = camera_file.intrinsics_of(matrix, image.shape[:2], folder / 'intrinsics.txt')
        return Frame(image, depth, intrinsics=camera, name=name)


def _frames(folder: Path, name: str) -> Iterator[str]:
    """Yield the names of the frames below a folder; a frame's own folders are not entered."""
    inside = list(os.scandir(folder))
    if any(entry.name == 'intrinsics.txt' for entry in inside):
        yield name
        return
    for entry in inside:
        if entry.is_dir():
            yield from _frames(folder / entry.name, f'{name}/{entry.name}')


def _split(root: Path, split: str) -> list[str]:
    name = 'SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat'
    file = common.first_existing((root.parent / name, root / name))
    if file is None:
        raise common.not_found('sunrgbd', name, root.parent)
    # Each is a folder on the authors' disk: .../SUNRGBD/kv1/...
    frames = [str(entry).partition('/SUNRGBD/')[2].strip('/')
              for entry in read_matlab(file, f'all{split}')]
    if not all(frames):
        raise DatasetError(f'{file}: all{split} does not name folders below SUNRGBD/')
    return frames


def _only(folder: Path) -> Path:
    found = common.entries(folder)
    if len(found) != 1:
        raise DatasetError(f'{folder} holds {len(found)} images, expected one')
    return folder / found[0]
