# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Endless batches from a data set's reader, epoch after epoch, resumable at any batch.

Which frames a batch holds, and all chance in preparing them, follow from the seed and the batch's
number alone: not from how many processes read, nor from where a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from depth_distill_ros.datasets.preprocessing import Preparation
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.data.batch import Pictures
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks.normalisation import normalise

_MOST_UNREADABLE = 20  # frames in a row


class ReaderSource:
    """
    Draws `batch` prepared frames at a time.

    Where there is no chance in the preparation, a frame that comes again is the same, and has a
    key. `unreadable` counts frames that could not be read, or lack a field that is `needed`, and
    made room for the next one.
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

    def draw(self) -> Pictures:
        """Return this process's share of the next batch."""
        if self._iterator is None:
            self._iterator = iter(DataLoader(
                self._frames, batch_sampler=self._places(self._drawn), collate_fn=_together,
                num_workers=self._workers, pin_memory=self._device.type == 'cuda',
                prefetch_factor=4 if self._workers else None))
        batch = next(self._iterator)
        self.unreadable += batch.pop('unreadable')
        keys = batch.pop('keys')
        ready = {name: value.to(self._device, non_blocking=True)
                 for name, value in batch.items()}
        for name in ready.keys() & {'x', 'right'}:
            picture = ready[name].permute(0, 3, 1, 2).float() / 255
            if self._photometric:
                # of equal state for both views of a stereo pair
                generator = processes.generator(self._seed, self._drawn)
                picture = self._photometric(picture, generator)
            ready[name] = normalise(picture).contiguous(memory_format=torch.channels_last)
        self._drawn += 1
        return Pictures(**ready, keys=keys if self._plain else None)

    def state_dict(self) -> dict[str, int]:
        return {'drawn': self._drawn, 'unreadable': self.unreadable}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._drawn, self.unreadable = state['drawn'], state['unreadable']
        self._iterator = None

    def _places(self, number: int) -> Iterator[list[int]]:
        """Places in the endless sequence of epochs, of this process's share of each batch."""
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
                return self._whole(self._pipeline(self._reader[index], random)), index, unreadable
            except DepthDistillError as error:
                last = error
        raise DepthDistillError(
            f'{_MOST_UNREADABLE} frames in a row could not be read, the last one: {last}')

    def _whole(self, sample: Frame) -> Frame:
        for field in self._needed:
            if getattr(sample, field) is None:
                raise DepthDistillError(f'{sample.name} has no {field}')
        return sample

    def _index(self, place: int) -> int:
        epoch, position = divmod(place, len(self._reader))
        if epoch != self._epoch:
            random = np.random.default_rng((self._seed, 1, epoch))
            self._epoch, self._order = epoch, random.permutation(len(self._reader))
        return int(self._order[position])


def _together(frames: list[tuple[Frame, int, int]]) -> dict[str, Any]:
    samples, keys, unreadable = zip(*frames, strict=True)
    batch: dict[str, Any] = {'keys': tuple(keys), 'unreadable': sum(unreadable)}
    for field, name in (('image', 'x'), ('right', 'right'), ('semantics', 'semantics'),
                        ('depth', 'depth')):
        values = [getattr(sample, field) for sample in samples]
        if all(value is not None for value in values):
            batch[name] = torch.from_numpy(np.stack(values))
    if 'depth' in batch:
        batch['depth'] = batch['depth'].unsqueeze(1)
    return batch
