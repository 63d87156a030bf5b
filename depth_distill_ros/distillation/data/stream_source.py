# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches from stream stores that are being written: simulated frames, and the robot's own."""

from __future__ import annotations

from typing import Any

import torch

from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Pictures
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.stream.sampler import Batch as StoredBatch
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.store_errors import StoreMissing
from depth_distill_ros.stream.store_reader import StreamReader


class _Store:
    """One store, opened as soon as there is one."""

    def __init__(self, path: str, size: tuple[int, int], batch: int, seed: int,
                 device: torch.device):
        self._path, self._size, self._batch, self._seed = path, size, batch, seed
        self._device = device
        self._reader: StreamReader | None = None
        self._sampler: StreamSampler | None = None
        self._state: dict[str, Any] | None = None

    @property
    def frames(self) -> int:
        return len(self._reader) if self._open() else 0

    @property
    def corrupt(self) -> int:
        return self._sampler.corrupt if self._sampler else 0

    def draw(self) -> Pictures:
        return self._pictures(self._sampler.draw())

    def held_out(self, count: int) -> Pictures:
        return self._pictures(self._sampler.held_out(count))

    def draw_held_out(self) -> Pictures:
        return self._pictures(self._sampler.draw_held_out())

    def _pictures(self, batch: StoredBatch) -> Pictures:
        return Pictures(
            to_input(torch.from_numpy(batch.images).to(self._device)),
            semantics=torch.from_numpy(batch.semantics).to(self._device),
            keys=tuple(batch.keys.tolist()))

    def state_dict(self) -> dict[str, Any] | None:
        return self._sampler.state_dict() if self._sampler else self._state

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        self._state = state
        if self._sampler and state:
            self._sampler.load_state_dict(state)

    def close(self) -> None:
        if self._reader:
            self._state = self._sampler.state_dict()
            self._reader.close()
            self._reader = self._sampler = None

    def _open(self) -> bool:
        if self._sampler:
            return True
        try:
            reader = StreamReader(self._path)
        except StoreMissing:
            return False
        if reader.size != self._size:
            reader.close()
            raise DepthDistillError(
                f'the store {self._path} holds {reader.size[0]}×{reader.size[1]} frames and the '
                f"teacher reads {self._size[0]}×{self._size[1]}; set the stream node's height "
                "and width to the teacher's and give it a new store")
        self._reader = reader
        self._sampler = StreamSampler(reader, self._batch, self._seed)
        if self._state:
            self._sampler.load_state_dict(self._state)
        return True


class StreamSource:
    """
    Draws batches of `batch` images, `own` of which are the robot's own.

    Until the auxiliary store holds a batch of its own, all are simulated. Damaged records are
    counted and skipped. The state is that of the draws.
    """

    def __init__(self, store: str, auxiliary_store: str, size: tuple[int, int], batch: int,
                 own: int, seed: int, device: torch.device):
        self._stream = _Store(store, size, batch - own, seed, device)
        self._auxiliary = _Store(auxiliary_store, size, own, seed, device) if own > 0 else None
        self._wanted = own

    @property
    def frames(self) -> int:
        return self._stream.frames

    @property
    def auxiliary_frames(self) -> int:
        return self._auxiliary.frames if self._auxiliary else 0

    @property
    def corrupt(self) -> int:
        return sum(store.corrupt for store in self._stores())

    def draw(self) -> Batch:
        batch = {STREAM: self._stream.draw()}
        # the first of every 256 frames are held out, so a few frames are none to train on
        if self._auxiliary and self._auxiliary.frames >= 32 + self._wanted:
            batch[AUXILIARY] = self._auxiliary.draw()
        return batch

    def held_out(self, count: int) -> Pictures:
        """Return the same `count` simulated frames each time, as long as the store is the same."""
        return self._stream.held_out(count)

    def draw_held_out(self) -> Pictures:
        """Return some of the simulated frames that draw() never gives."""
        return self._stream.draw_held_out()

    def state_dict(self) -> list[dict[str, Any] | None]:
        return [store.state_dict() for store in self._stores()]

    def load_state_dict(self, state: list[dict[str, Any] | None]) -> None:
        for store, stored in zip(self._stores(), state, strict=False):
            store.load_state_dict(stored)

    def close(self) -> None:
        for store in self._stores():
            store.close()

    def _stores(self) -> list[_Store]:
        return [self._stream, *([self._auxiliary] if self._auxiliary else [])]
