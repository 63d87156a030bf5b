# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""NYU-v2: the lists of Hu et al. (WACV 2019), and the official labelled MATLAB file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import camera_file, common
from depth_distill_ros.datasets.readers.matlab import open_hdf5, read_matlab
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

# The colour camera's calibration, published with the data set (camera_params.m).
CAMERA = Intrinsics(518.857901, 519.469611, 325.582449, 253.736166, 480, 640)
FARTHEST = 10.0
_MAT_FILE = 'nyu_depth_v2_labeled.mat'
_TRIED = 20  # lines of a list until a file of it is there


class NyuReader:
    """
    The pairs of ``nyu2_train.csv`` (50,688) or ``nyu2_test.csv`` (654), in the lists' order.

    Training depth is an 8-bit PNG of 0..10 m (value / 255 · 10), test depth a 16-bit PNG in
    millimetres; the format of the file decides.

    Args:
        path: the folder that holds ``data/``, or ``data`` itself
        split: train or test
    """

    def __init__(self, path: Path, split: Literal['train', 'test'] = 'train') -> None:
        name = f'nyu2_{split}.csv'
        listing = common.first_existing((path / 'data' / name, path / name))
        if listing is None:
            raise common.not_found('nyu', f'data/{name}', path)
        lines = [line for _, line in common.listed(listing)]
        # Excel writes semicolons where the comma is the decimal sign.
        comma = ',' if not lines or ',' in lines[0] else ';'
        self._rows = [tuple(cell.strip().replace('\\', '/') for cell in row[:2])
                      for row in csv.reader(lines, delimiter=comma)]
        if self._rows and not self._rows[0][0].lower().endswith(common.IMAGES):
            del self._rows[0]  # the names of the columns
        wrong = [row for row in self._rows if len(row) < 2]
        if wrong or not self._rows:
            raise DatasetError(f'{listing} does not hold lines "image,depth"'
                               f'{wrong and ": " + wrong[0][0][:80] or ""}')
        # The lists name files relative to the folder above data/.
        first = self._rows[0][0]
        roots = (path, path.parent, listing.parent, listing.parent.parent)
        found = next((root for row in self._rows[:_TRIED] for root in roots
                      if common.spelled(root / row[0]).is_file()), None)
        if found is None:
            raise common.not_found('nyu', f'{first} (the first line of {listing.name})', path)
        self._root = found

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Frame:
        colour, depth = self._rows[index]
        image = common.read_colour(self._root / colour)
        return Frame(image, _depth(self._root / depth, image),
                     intrinsics=camera_file.resized(CAMERA, image.shape[:2]),
                     name=str(Path(colour).with_suffix('')))


def _depth(path: Path, image: np.ndarray) -> np.ndarray:
    stored = common.read_grey(path, np.uint8, np.uint16)
    common.check_registered(path, stored, image)
    return common.metres(stored, 1000 if stored.dtype == np.uint16 else 255 / FARTHEST, FARTHEST)


class NyuMatReader:
    """
    The 1449 labelled pairs, 480×640, named by their number in the file from 0001 on.

    The 894 labels are not read, because the file does not map them to the 13 classes.

    Args:
        path: the .mat file, or the folder that holds it
        split: all, or train (795) or test (654) by the official ``splits.mat`` beside it
        depth: filled (``depths``) or raw (``rawDepths``)
    """

    def __init__(self, path: Path, split: Literal['all', 'train', 'test'] = 'all',
                 depth: Literal['filled', 'raw'] = 'filled') -> None:
        file = path if path.is_file() else path / _MAT_FILE
        if not file.is_file():
            raise common.not_found('nyu-mat', _MAT_FILE, path)
        self._file = file
        self._depth = {'filled': 'depths', 'raw': 'rawDepths'}[depth]
        self._hdf5 = common.PerProcess(open_hdf5, file)
        hdf5 = self._hdf5.get()
        with common.errors_named(file):
            for name in ('images', self._depth):
                if name not in hdf5 or not hasattr(hdf5[name], 'shape'):
                    raise DatasetError(f'{file} holds no "{name}": is it {_MAT_FILE}?')
            count = len(hdf5['images'])
        if split == 'all':
            self._numbers = list(range(count))
        else:
            self._numbers = _split(file.parent, f'{split}Ndxs', count)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> Frame:
        number = self._numbers[index]
        hdf5 = self._hdf5.get()
        with common.errors_named(f'{self._file}: frame {number + 1}'):
            # MATLAB's memory order turned H×W×3 into 3×W×H.
            image = np.ascontiguousarray(hdf5['images'][number].transpose(2, 1, 0))
            depth = np.ascontiguousarray(hdf5[self._depth][number].T, np.float32)
        depth[~((depth > 0) & (depth <= FARTHEST))] = np.nan
        return Frame(image, depth, intrinsics=camera_file.resized(CAMERA, image.shape[:2]),
                     name=f'{number + 1:04d}')


def _split(folder: Path, name: str, count: int) -> list[int]:
    file = folder / 'splits.mat'
    if not file.exists():
        raise common.not_found('nyu-mat', 'splits.mat (the official split)', folder)
    with common.errors_named(file):
        numbers = np.asarray(read_matlab(file, name), np.int64).ravel() - 1
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= count:
        raise DatasetError(f'{file}: {name} does not number frames of 1..{count}')
    return numbers.tolist()
