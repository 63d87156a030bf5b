# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream store as a data set: the frames that it held when it was opened."""

from __future__ import annotations

from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path
from typing import Literal

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.common import PerProcess
from depth_distill_ros.frame import Frame
from depth_distill_ros.stream.split import Part
from depth_distill_ros.stream.store_reader import StreamReader


class StoreReader:
    """
    Frames with their classes and camera, oldest first, named by their key.

    A path with a wildcard (`fleet/*/store`) is all stores that it matches, one after the other in
    the order of their names; a frame's name then begins with its store's. A writer may continue:
    frames that it evicts meanwhile raise FrameEvicted.

    Args:
        path: the store or stores
        split: all, train, or held-out (see ``stream.split``)
    """

    def __init__(self, path: Path, split: Literal['all', 'train', 'held-out'] = 'all') -> None:
        several = has_magic(str(path))
        folders = [Path(found) for found in sorted(glob(str(path)))] if several else [path]
        if not folders:
            raise DatasetError(f'store {path}: no folder matches; name the stores of the robots, '
                               'such as fleet/*/store')
        chosen = {'train': [Part.TRAINING], 'held-out': [Part.HELD_OUT], 'all': list(Part)}[split]
        fixed = next(parent for parent in path.parents if not has_magic(str(parent)))
        self._stores, self._frames = [], list[tuple[int, int]]()
        self._names = [f'{folder.relative_to(fixed)}/' if several else '' for folder in folders]
        for number, folder in enumerate(folders):
            store = PerProcess(StreamReader, folder)
            with store.get().snapshot() as frames:
                keys, parts = frames.keys(), frames.parts()
            self._stores.append(store)
            self._frames += [(number, int(key)) for key in
                             keys.start + np.flatnonzero(np.isin(parts, chosen))]
        if not self._frames:
            raise DatasetError(f'store {path}: holds no frame of split "{split}" yet')

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        number, key = self._frames[index]
        frame = self._stores[number].get().read(key)
        return replace(frame, name=f'{self._names[number]}{key:012d}')
