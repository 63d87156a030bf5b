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
from depth_distill_ros.distillation.data.batch import Batch, Batches
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.networks.normalisation import normalise

_MOST_UNREADABLE = 20  # frames in a row


class DatasetSource:
    """Draws one batch of each data set; the names are those of Batches."""

    def __init__(self, datasets: Mapping[str, DatasetBatches]):
        self._datasets = dict(datasets)

    @property
    def unreadable(self) -> int:
        return sum(batches.unreadable for batches in self._datasets.values())

    @property
    def skipped(self) -> list[str]:
        """Why frames were skipped, one line for each frame."""
        return [line for batches in self._datasets.values() for line in batches.skipped.values()]

    @property
    def readers(self) -> list[Reader]:
        return [batches.reader for batches in self._datasets.values()]

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
    The next frame replaces one that cannot be read, or lacks a field that is `needed`.
    `unreadable` counts how often that happened; `skipped` has the reason for each such frame.
    """

    def __init__(self, reader: Reader, preparation: Preparation, batch: int, seed: int,
                 device: torch.device, workers: int = 0, needed: tuple[str, ...] = ()):
        if len(reader) < 1:
            raise DepthDistillError('a source without any frame cannot be trained on')
        self.reader = reader
        self._frames = _Frames(reader, preparation.pipeline, seed, needed)
        self._batch, self._seed, self._device = batch, seed, device
        self._photometric, self._plain = preparation.photometric, preparation.plain
        self._workers = workers
        self._iterator: Iterator[dict[str, Any]] | None = None
        self._drawn = 0
        self.unreadable = 0
        self.skipped: dict[int, str] = {}

    def draw(self) -> Batch:
        """Return this process's share of the next batch."""
        if self._iterator is None:
            frames: Any = self._frames  # DataLoader needs no more than its __getitem__
            # its own generator: from torch's, a resumed run would draw one number more
            self._iterator = iter(DataLoader(
                frames, batch_sampler=self._places(self._drawn), collate_fn=_collated,
                num_workers=self._workers, pin_memory=self._device.type == 'cuda',
                prefetch_factor=4 if self._workers else None, generator=torch.Generator()))
        read = next(self._iterator)
        skipped = read.pop('skipped')
        self.unreadable += len(skipped)
        self.skipped.update(skipped)
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

    def state_dict(self) -> dict[str, Any]:
        return {'drawn': self._drawn, 'unreadable': self.unreadable, 'skipped': dict(self.skipped)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._drawn, self.unreadable = state['drawn'], state['unreadable']
        self.skipped = dict(state.get('skipped', {}))  # runs until version 0.1 lack it
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

    def __getitem__(self, place: int) -> tuple[Frame, int, list[tuple[int, str]]]:
        skipped: list[tuple[int, str]] = []
        for unreadable in range(_MOST_UNREADABLE):
            index = self._index(place + unreadable)
            random = np.random.default_rng((self._seed, 0, place))
            try:
                frame = self._pipeline(self._reader[index], random)
                require_fields(frame, self._needed)
                return frame, index, skipped
            except DepthDistillError as error:
                skipped.append((index, str(error)))
        raise DepthDistillError(
            f'{_MOST_UNREADABLE} frames in a row could not be used, the last one: '
            f'{skipped[-1][1]}')

    def _index(self, place: int) -> int:
        epoch, position = divmod(place, len(self._reader))
        if epoch != self._epoch:
            random = np.random.default_rng((self._seed, 1, epoch))
            self._epoch, self._order = epoch, random.permutation(len(self._reader))
        return int(self._order[position])


def require_fields(frame: Frame, needed: tuple[str, ...]) -> None:
    """Raise DepthDistillError where a frame lacks one of the fields; depth needs a valid pixel."""
    for field in needed:
        value = getattr(frame, field)
        if value is None:
            raise DepthDistillError(f'{frame.name} has no {field}')
        if field == 'depth' and not valid(value).any():
            raise DepthDistillError(f'{frame.name} has no depth but 0, NaN and what lies beyond '
                                    'the range')


def _collated(read: list[tuple[Frame, int, list[tuple[int, str]]]]) -> dict[str, Any]:
    frames, keys, skipped = zip(*read, strict=True)
    batch: dict[str, Any] = {'keys': tuple(keys), 'skipped': sum(skipped, [])}
    for field, name in (('image', 'x'), ('right', 'right'), ('semantics', 'semantics'),
                        ('depth', 'depth')):
        values = [getattr(frame, field) for frame in frames]
        if all(value is not None for value in values):
            batch[name] = torch.from_numpy(np.stack(values))
    if 'depth' in batch:
        batch['depth'] = batch['depth'].unsqueeze(1)
    return batch
