# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches from stream stores that are still being written: simulated and robot camera frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

import torch

from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Batches
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.stream.sampler import StoredFrames, StreamEmpty, StreamSampler
from depth_distill_ros.stream.store_errors import StoreMissing, StoreReplaced
from depth_distill_ros.stream.store_reader import StreamReader

# Frames of the robot to train on for each of them in a batch: a robot that has seen little for
# hours does not have the student learn a few images by heart.
_FRAMES_PER_IMAGE = 16
_KEYS = 1 << 40  # more than a store ever has


class StreamSource:
    """
    Draws batches of `batch` images, up to `auxiliary` of which are frames of the robot's camera.

    Fewer of them are the robot's, and more are simulated, while the auxiliary store holds few to
    train on. Without `auxiliary_store` there are no frames of the robot, neither to train on nor
    held out. Damaged records are counted and skipped.
    """

    def __init__(self, store: Path, auxiliary_store: Path | None, size: tuple[int, int],
                 batch: int, auxiliary: int, seed: int, device: torch.device):
        self._stream = _Store(str(store), size, batch, seed, device)
        self._auxiliary = _Store(str(auxiliary_store), size, auxiliary or batch, seed, device) \
            if auxiliary_store else None
        self._stores = [store for store in (self._stream, self._auxiliary) if store]
        self._batch, self._auxiliary_images = batch, auxiliary

    @property
    def frames(self) -> int:
        return self._stream.frames

    @property
    def training_frames(self) -> int:
        """Frames of the simulator that draw() draws from."""
        return self._stream.training_frames

    @property
    def auxiliary_frames(self) -> int:
        return self._auxiliary.frames if self._auxiliary else 0

    @property
    def corrupt(self) -> int:
        return sum(store.corrupt for store in self._stores)

    def draw(self) -> Batches:
        robots = self._robots_images()
        batches = {STREAM: self._stream.batch(lambda sampler: sampler.draw(self._batch - robots))}
        if self._auxiliary and robots:
            batches[AUXILIARY] = self._auxiliary.batch(lambda sampler: sampler.draw(robots))
        return batches

    def _robots_images(self) -> int:
        """Return how many images of the next batch are the robot's."""
        if not self._auxiliary or not self._auxiliary_images:
            return 0
        return min(self._auxiliary_images, self._auxiliary.training_frames // _FRAMES_PER_IMAGE)

    def held_out(self, count: int) -> Batch:
        """Return the same `count` simulated frames each time, while the store stays the same."""
        return self._stream.batch(lambda sampler: sampler.held_out(count))

    def auxiliary_held_out(self, count: int) -> Batch | None:
        """Return up to `count` frames of the robot that draw() never returns; None without any."""
        return self._robots(lambda sampler: sampler.held_out(count))

    def auxiliary_training(self, count: int) -> Batch | None:
        """Return up to `count` frames of the robot that may train, of one lens; or None."""
        return self._robots(lambda sampler: sampler.training(count))

    def _robots(self, draw: Callable[[StreamSampler], StoredFrames]) -> Batch | None:
        if not self._auxiliary or not self._auxiliary.frames:
            return None
        with suppress(StreamEmpty):
            return self._auxiliary.batch(draw)
        return None

    def draw_held_out(self, number: int) -> Batch:
        """Return random simulated frames that draw() never returns, others for each number."""
        return self._stream.batch(lambda sampler: sampler.draw_held_out(number))

    def prefer_auxiliary(self, stamps: Sequence[int]) -> None:
        """Draw robot camera frames near these stamps, in nanoseconds, more often."""
        if self._auxiliary:
            self._auxiliary.prefer(stamps)

    def state_dict(self) -> list[dict[str, Any] | None]:
        return [store.state_dict() for store in self._stores]

    def load_state_dict(self, state: list[dict[str, Any] | None]) -> None:
        for store, stored in zip(self._stores, state, strict=False):
            store.load_state_dict(stored)

    def close(self) -> None:
        for store in self._stores:
            store.close()


class _Store:
    """One store, opened as soon as it exists."""

    def __init__(self, path: str, size: tuple[int, int], batch: int, seed: int,
                 device: torch.device):
        self._path, self._size, self._batch, self._seed = path, size, batch, seed
        self._device = device
        self._reader: Any = None  # a StreamReader and a StreamSampler while it is open
        self._sampler: Any = None
        self._state: dict[str, Any] | None = None
        self._opened = 0
        self._lock = RLock()

    @property
    def frames(self) -> int:
        return self._count(lambda: len(self._reader))

    @property
    def training_frames(self) -> int:
        return self._count(lambda: self._sampler.training_frames())

    def _count(self, count: Callable[[], int]) -> int:
        with self._lock:
            try:
                return count() if self._open() else 0
            except StoreReplaced:
                self.close()
                return count() if self._open() else 0

    @property
    def corrupt(self) -> int:
        with self._lock:
            return self._sampler.corrupt if self._sampler else 0

    def batch(self, draw: Callable[[StreamSampler], StoredFrames]) -> Batch:
        with self._lock:  # a thread may draw ahead
            if not self._open():
                raise StoreReplaced(f'the store {self._path} was deleted')
            frames = draw(self._sampler)
            # a new store at the same place numbers its frames from 0 again
            first = self._opened * _KEYS
        images, semantics = (torch.from_numpy(a) for a in (frames.images, frames.semantics))
        if self._device.type == 'cuda':  # so that the copy goes on beside the computation
            images, semantics = images.pin_memory(), semantics.pin_memory()
        return Batch(to_input(images.to(self._device, non_blocking=True)),
                     semantics=semantics.to(self._device, non_blocking=True),
                     keys=tuple((frames.keys + first).tolist()), oldest=frames.oldest + first,
                     camera=frames.camera)

    def prefer(self, stamps: Sequence[int]) -> None:
        with self._lock:
            if self._open():
                self._sampler.prefer(stamps)

    def state_dict(self) -> dict[str, Any] | None:
        return self._sampler.state_dict() if self._sampler else self._state

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        self._state = state
        if self._sampler and state:
            self._sampler.load_state_dict(state)

    def close(self) -> None:
        if self._reader is not None:
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
        self._reader, self._opened = reader, self._opened + 1
        self._sampler = StreamSampler(reader, self._batch, self._seed)
        if self._state:
            self._sampler.load_state_dict(self._state)
        return True
