# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Endless batches from data sets, epoch after epoch, resumable at any batch.

The frames of a batch and all random numbers of their preparation follow from the seed and the
batch's number. They depend neither on how many processes read nor on where a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from depth_distill_ros.datasets.preprocessing import Preparation
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.data.batch import Batch, Batches
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks.normalisation import normalise

_MOST_UNREADABLE = 20  # frames in a row


class DatasetSource:
    """Draws one batch of each data set; the names are those of Batches."""

    def __init__(self, datasets: Mapping[str, DatasetBatches]):
        self._datasets = dict(datasets)

    @property
    def unreadable(self) -> int:
        return sum(batches.unreadable for batches in self._datasets.values())

    def draw(self) -> Batches:
        return {name: batches.draw() for name, batches in self._datasets.items()}

    def state_dict(self) -> dict[str, Any]:
        return {name: batches.state_dict() for name, batches in self._datasets.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, batches in self._datasets.items():
            batches.load_state_dict(state[name])


class DatasetBatches:
    """
    Draws `batch` prepared frames of one reader at a time.

    Where the preparation uses no random numbers, a frame is the same in every epoch and has a key.
    `unreadable` counts the frames that could not be read, or lack a field that is `needed`; the
    next frame replaces each of them.
    """

    def __init__(self, reader: Reader, preparation: Preparation, batch: int, seed: int,
                 device: torch.device, workers: int = 0, needed: tuple[str, ...] = ()):
        if len(reader) < 1:
            raise DepthDistillError('a source without any frame cannot be trained on')
        self._frames = _Frames(reader, preparation.pipeline, seed, needed)
        self._batch, self._seed, self._device = batch, seed, device
        self._photometric, self._plain = preparation.photometric, preparation.plain
        self._workers = workers
        self._iterator: Iterator[dict[str, Any]] | None = None
        self._drawn = 0
        self.unreadable = 0

    def draw(self) -> Batch:
        """Return this process's share of the next batch."""
        if self._iterator is None:
            frames: Any = self._frames  # DataLoader needs no more than its __getitem__
            self._iterator = iter(DataLoader(
                frames, batch_sampler=self._places(self._drawn), collate_fn=_collated,
                num_workers=self._workers, pin_memory=self._device.type == 'cuda',
                prefetch_factor=4 if self._workers else None))
        read = next(self._iterator)
        self.unreadable += read.pop('unreadable')
        keys = read.pop('keys')
        ready = {name: value.to(self._device, non_blocking=True) for name, value in read.items()}
        for name in ready.keys() & {'x', 'right'}:
            image = ready[name].permute(0, 3, 1, 2).float() / 255
            if self._photometric:
                # the same random numbers for both images of a stereo pair
                image = self._photometric(image, processes.generator(self._seed, self._drawn))
            ready[name] = normalise(image).contiguous(memory_format=torch.channels_last)
        self._drawn += 1
        return Batch(**ready, keys=keys if self._plain else None)

    def state_dict(self) -> dict[str, int]:
        return {'drawn': self._drawn, 'unreadable': self.unreadable}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._drawn, self.unreadable = state['drawn'], state['unreadable']
        self._iterator = None

    def _places(self, number: int) -> Iterator[list[int]]:
        """Yield the places of this process's share of each batch in the sequence of epochs."""
        share = processes.share(self._batch)
        while True:
            first = number * self._batch
            yield list(range(first, first + self._batch))[share]
            number += 1


class _Frames:
    """The endless sequence of epochs, each a permutation of all frames."""

    def __init__(self, reader: Reader, pipeline: Callable[..., Frame], seed: int,
                 needed: tuple[str, ...]):
        self._reader, self._pipeline, self._seed = reader, pipeline, seed
        self._needed = needed
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __getitem__(self, place: int) -> tuple[Frame, int, int]:
        for unreadable in range(_MOST_UNREADABLE):
            index = self._index(place + unreadable)
            random = np.random.default_rng((self._seed, 0, place))
            try:
                return self._complete(self._pipeline(self._reader[index], random)), index, \
                    unreadable
            except DepthDistillError as error:
                last = error
        raise DepthDistillError(
            f'{_MOST_UNREADABLE} frames in a row could not be read, the last one: {last}')

    def _complete(self, frame: Frame) -> Frame:
        for field in self._needed:
            if getattr(frame, field) is None:
                raise DepthDistillError(f'{frame.name} has no {field}')
        return frame

    def _index(self, place: int) -> int:
        epoch, position = divmod(place, len(self._reader))
        if epoch != self._epoch:
            random = np.random.default_rng((self._seed, 1, epoch))
            self._epoch, self._order = epoch, random.permutation(len(self._reader))
        return int(self._order[position])


def _collated(read: list[tuple[Frame, int, int]]) -> dict[str, Any]:
    frames, keys, unreadable = zip(*read, strict=True)
    batch: dict[str, Any] = {'keys': tuple(keys), 'unreadable': sum(unreadable)}
    for field, name in (('image', 'x'), ('right', 'right'), ('semantics', 'semantics'),
                        ('depth', 'depth')):
        values = [getattr(frame, field) for frame in frames]
        if all(value is not None for value in values):
            batch[name] = torch.from_numpy(np.stack(values))
    if 'depth' in batch:
        batch['depth'] = batch['depth'].unsqueeze(1)
    return batch
