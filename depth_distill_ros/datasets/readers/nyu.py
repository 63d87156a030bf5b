# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""NYU-v2 as Hu et al. (WACV 2019) and LWD use it: CSV lists of PNG and JPG files."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.datasets.files import (
    decode,
    first_existing,
    metres,
    not_found,
    read_bytes,
    read_colour,
    read_text,
)
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

# The colour camera's calibration, published with the data set (camera_params.m).
CAMERA = Intrinsics(518.857901, 519.469611, 325.582449, 253.736166, 480, 640)
FARTHEST = 10.0


class NyuReader:
    """
    The pairs of ``nyu2_train.csv`` (50,688) or ``nyu2_test.csv`` (654), in the lists' order.

    Training depth is an 8-bit PNG of 0..10 m (value / 255 · 10), test depth a 16-bit one in
    millimetres; which it is, the file says.

    Parameters
    ----------
    path : the folder that holds ``data/``, or ``data`` itself
    split : train or test

    """

    def __init__(self, path: Path, split: str = 'train') -> None:
        name = f'nyu2_{split}.csv'
        listing = first_existing((path / 'data' / name, path / name))
        if listing is None:
            raise not_found('nyu', f'data/{name}', path)
        self._rows = [tuple(cell.strip() for cell in row[:2])
                      for row in csv.reader(read_text(listing).splitlines()) if row]
        if not self._rows or any(len(row) < 2 for row in self._rows):
            raise DatasetError(f'{listing} is no list of lines "picture,depth"')
        # The lists name files from the folder above data/.
        first = self._rows[0][0]
        roots = (path, path.parent, listing.parent, listing.parent.parent)
        found = next((root for root in roots if (root / first).is_file()), None)
        if found is None:
            raise not_found('nyu', f'{first} (the first line of {listing.name})', path)
        self._root = found

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Frame:
        colour, depth = self._rows[index]
        image = read_colour(self._root / colour)
        camera = CAMERA if image.shape[:2] == CAMERA.size else CAMERA.resized(image.shape[:2])
        return Frame(image, _depth(self._root / depth), intrinsics=camera,
                     name=str(Path(colour).with_suffix('')))


def _depth(path: Path) -> np.ndarray:
    stored = decode(read_bytes(path), cv2.IMREAD_UNCHANGED, path)
    if stored.ndim == 2 and stored.dtype == np.uint8:
        return metres(stored, 255 / FARTHEST, FARTHEST)
    if stored.ndim == 2 and stored.dtype == np.uint16:
        return metres(stored, 1000, FARTHEST)
    raise DatasetError(f'{path} holds {stored.dtype} of shape {stored.shape}, expected one '
                       'channel of 8 or 16 bits')
