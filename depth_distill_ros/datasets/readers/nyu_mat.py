# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The official NYU-v2 labelled set: 1449 pairs in one MATLAB 7.3 (HDF5) file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from depth_distill_ros.datasets.files import PerProcess, first_existing, not_found
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.matlab import open_hdf5, read_matlab
from depth_distill_ros.datasets.readers.nyu import CAMERA, FARTHEST
from depth_distill_ros.frame import Frame

_FILE = 'nyu_depth_v2_labeled.mat'


class NyuMatReader:
    """
    Pictures 480×640 with their depth, named by their number in the file from 0001 on.

    The 894 labels are not read: their map to the 13 classes is no part of the file.

    Parameters
    ----------
    path : the .mat file, or the folder that holds it
    split : all, or train (795) or test (654) by the official ``splits.mat`` beside it
    depth : filled (``depths``) or raw (``rawDepths``)

    """

    def __init__(self, path: Path, split: str = 'all', depth: str = 'filled') -> None:
        file = path if path.is_file() else path / _FILE
        if not file.is_file():
            raise not_found('nyu-mat', _FILE, path)
        self._file = file
        self._depth = {'filled': 'depths', 'raw': 'rawDepths'}[depth]
        self._hdf5 = PerProcess(open_hdf5, file)
        hdf5 = self._hdf5.get()
        for name in ('images', self._depth):
            if name not in hdf5:
                raise DatasetError(f'{file} holds no "{name}": is it {_FILE}?')
        count = len(hdf5['images'])
        if split == 'all':
            self._numbers = list(range(count))
        else:
            self._numbers = _numbers(file.parent, f'{split}Ndxs', count)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> Frame:
        number = self._numbers[index]
        hdf5 = self._hdf5.get()
        try:
            # MATLAB's memory order turned H×W×3 into 3×W×H.
            image = np.ascontiguousarray(hdf5['images'][number].transpose(2, 1, 0))
            depth = np.ascontiguousarray(hdf5[self._depth][number].T, np.float32)
        except OSError as error:
            raise DatasetError(f'{self._file}: frame {number + 1} is damaged: {error}') from None
        depth[~((depth > 0) & (depth <= FARTHEST))] = np.nan
        camera = CAMERA if image.shape[:2] == CAMERA.size else CAMERA.resized(image.shape[:2])
        return Frame(image, depth, intrinsics=camera, name=f'{number + 1:04d}')


def _numbers(folder: Path, name: str, count: int) -> list[int]:
    file = first_existing((folder / 'splits.mat',))
    if file is None:
        raise not_found('nyu-mat', 'splits.mat (the official split)', folder)
    numbers = np.asarray(read_matlab(file, name), np.int64).ravel() - 1
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= count:
        raise DatasetError(f'{file}: {name} does not number frames of 1..{count}')
    return numbers.tolist()
