# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream store as a data set: the frames that it held when it was opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.common import PerProcess
from depth_distill_ros.frame import Frame
from depth_distill_ros.stream.sampler import is_held_out
from depth_distill_ros.stream.store_reader import StreamReader


class StoreReader:
    """
    Frames with their classes and camera, oldest first, named by their key.

    A writer may continue: frames that it evicts meanwhile raise FrameEvicted.

    Args:
        path: the store
        split: all, train, or held-out (see ``stream.sampler``)
    """

    def __init__(self, path: Path, split: Literal['all', 'train', 'held-out'] = 'all') -> None:
        self._store = PerProcess(StreamReader, path)
        self._keys = [key for key in self._store.get().keys()
                      if split == 'all' or is_held_out(key) == (split == 'held-out')]
        if not self._keys:
            raise DatasetError(f'store {path}: holds no frame of split "{split}" yet')

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> Frame:
        key = self._keys[index]
        frame = self._store.get().read(key)
        return replace(frame, name=f'{key:012d}')
