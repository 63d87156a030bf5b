# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream store as a data set: the frames that it held when it was opened."""

from __future__ import annotations

from dataclasses import replace
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

    A writer may continue: frames that it evicts meanwhile raise FrameEvicted.

    Args:
        path: the store
        split: all, train, or held-out (see ``stream.split``)
    """

    def __init__(self, path: Path, split: Literal['all', 'train', 'held-out'] = 'all') -> None:
        self._store = PerProcess(StreamReader, path)
        with self._store.get().snapshot() as frames:
            keys, parts = frames.keys(), frames.parts()
        chosen = {'train': [Part.TRAINING], 'held-out': [Part.HELD_OUT], 'all': list(Part)}[split]
        self._keys = (keys.start + np.flatnonzero(np.isin(parts, chosen))).tolist()
        if not self._keys:
            raise DatasetError(f'store {path}: holds no frame of split "{split}" yet')

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> Frame:
        key = self._keys[index]
        frame = self._store.get().read(key)
        return replace(frame, name=f'{key:012d}')
