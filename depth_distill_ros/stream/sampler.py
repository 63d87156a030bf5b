# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random training batches and a fixed held-out set from a stream store; see ``split``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics, positive_int, same_lens
from depth_distill_ros.spread import evenly_spread
from depth_distill_ros.stream.split import Part
from depth_distill_ros.stream.store_errors import CorruptRecord, StoreError
from depth_distill_ros.stream.store_reader import Snapshot, StreamReader

# If this many draws for each frame of a batch do not fill it, most of the store is damaged.
_MOST_DRAWS = 100
_NEAR = 1_000_000_000  # nanoseconds between a stamp and a frame that it stands for
_MOST_PREFERABLE = 1000  # newest frames whose stamps are read
_NONE = np.empty(0, np.int64)


class StreamEmpty(DepthDistillError):
    """The store has too few frames for the request; more may be stored later."""


@dataclass(frozen=True, eq=False)
class StoredFrames:
    """
    Frames from the store.

    Attributes:
        images: B x H x W x 3 uint8, RGB
        semantics: B x H x W uint8, class ids, 0 unknown
        keys: B int64, the frames' keys in the store
        camera: of all of these frames; None where nobody asked
        oldest: key of the oldest frame of the store; those before it never come again
    """

    images: np.ndarray
    semantics: np.ndarray
    keys: np.ndarray
    camera: Intrinsics | None = None
    oldest: int = 0


class StreamSampler:
    """
    Draws batches, uniformly and with replacement, from the training frames.

    The same seed, the same calls and the same contents of the store give the same batches.

    Args:
        reader: the store
        batch: frames per batch, >= 1
        seed: of the draws
    Attributes:
        corrupt: number of damaged records that were skipped
    """

    def __init__(self, reader: StreamReader, batch: int, seed: int) -> None:
        self._reader = reader
        self._batch, self._seed = positive_int(batch, 'sampler: batch'), seed
        self._random = np.random.Generator(np.random.PCG64(seed))
        self.corrupt = 0
        self._preferred = _NONE

    def draw(self, count: int = 0) -> StoredFrames:
        """
        Return a batch, or another number of frames.

        Raises:
            StreamEmpty: fewer frames to train on than are asked for
            StoreError: the store cannot be read, or most of it is damaged
        """
        count = count or self._batch
        with self._reader.snapshot() as frames:
            keys, parts = frames.keys(), frames.parts()
            training = keys.start + np.flatnonzero(parts == Part.TRAINING)
            if len(training) < count:
                spare = int((parts == Part.SPARE).sum())
                raise StreamEmpty(
                    f'store {self._reader.path}: {len(training)} training frames and '
                    f'{len(keys) - len(training) - spare} held-out ones'
                    + (f', and {spare} that are too like the other part to be used' if spare
                       else '')
                    + f'; a batch needs {count} training frames: wait for the simulator, '
                    'see that its camera moves, or make the batch smaller')
            preferred = training[np.isin(training, self._preferred)]
            return self._drawn(frames, training, count, self._random, preferred)

    def prefer(self, stamps: Sequence[int]) -> None:
        """
        Draw half of each batch from the training frames near `stamps`, nanoseconds, if any.

        The preference is no part of ``state_dict``: it is learned anew in operation.
        """
        wanted = np.asarray(stamps, np.int64)
        found = []
        with self._reader.snapshot() as frames:
            for key in reversed(frames.keys()[-_MOST_PREFERABLE:]):
                try:
                    distance = np.abs(wanted - frames.stamp(key)).min(initial=_NEAR + 1)
                except CorruptRecord:
                    continue
                if distance <= _NEAR:
                    found.append(key)
        self._preferred = np.array(found, np.int64)

    def training_frames(self) -> int:
        """Return how many frames ``draw`` draws from."""
        with self._reader.snapshot() as frames:
            return int((frames.parts() == Part.TRAINING).sum())

    def _drawn(self, frames: Snapshot, keys: np.ndarray, count: int,
               random: np.random.Generator, preferred: np.ndarray = _NONE) -> StoredFrames:
        # One number at a time, so that a skipped record costs one draw and changes nothing else.
        sources = (preferred, keys) if len(preferred) else (keys,)
        draws = (int(source[random.integers(len(source))])
                 for source in islice(cycle(sources), _MOST_DRAWS * count))
        batch = self._read(frames, draws, count)
        if len(batch.keys) < count:
            raise StoreError(
                f'store {self._reader.path}: found hardly any undamaged frame '
                f'({self.corrupt} damaged ones met); move or delete the folder')
        return batch

    def draw_held_out(self, number: int) -> StoredFrames:
        """
        Return a batch of held-out frames, drawn at random; the same number draws the same ones.

        For parts that must not be trained on the training frames (the student's confidence).
        Leaves the state of ``draw`` as it is, which another thread may be in.

        Raises:
            StreamEmpty: no held-out frame yet
            StoreError: as for ``draw``
        """
        with self._reader.snapshot() as frames:
            return self._drawn(frames, self._held_out_keys(frames), self._batch,
                               np.random.Generator(np.random.PCG64((self._seed, number))))

    def held_out(self, count: int) -> StoredFrames:
        """
        Return up to ``count`` held-out frames, evenly spaced over all held-out ones.

        The same contents of the store give the same frames. They change as the store changes:
        keep the batch for a comparison over time.

        Raises:
            StreamEmpty: no held-out frame yet
        """
        count = positive_int(count, 'sampler: held-out count')
        with self._reader.snapshot() as frames:
            keys = self._held_out_keys(frames)
            count = min(count, len(keys))
            spread = (int(keys[(2 * i + 1) * len(keys) // (2 * count)]) for i in range(count))
            batch = self._read(frames, spread, count)
            if not len(batch.keys):
                raise self._none_held_out(frames)
        return batch

    def training(self, count: int) -> StoredFrames:
        """
        Return up to ``count`` training frames of one lens, evenly spaced over all of them.

        The lens is that of the newest of them; those of another lens are left out.

        Raises:
            StreamEmpty: no training frame yet
        """
        count = positive_int(count, 'sampler: training count')
        with self._reader.snapshot() as frames:
            oldest = frames.keys().start
            keys = oldest + np.flatnonzero(frames.parts() == Part.TRAINING)
            found: list[tuple[int, Any]] = []
            for place in evenly_spread(len(keys), count):
                try:
                    found.append((int(keys[place]), frames.read(int(keys[place]))))
                except CorruptRecord:
                    self.corrupt += 1
        if not found:
            raise StreamEmpty(f'store {self._reader.path}: no training frame yet')
        camera = found[-1][1].intrinsics
        chosen = [(key, frame) for key, frame in found if same_lens(camera, frame.intrinsics)]
        return StoredFrames(
            np.stack([frame.image for _, frame in chosen]),
            np.stack([frame.semantics for _, frame in chosen]),
            np.array([key for key, _ in chosen], np.int64), camera, oldest)

    def _held_out_keys(self, frames: Snapshot) -> np.ndarray:
        keys = frames.keys().start + np.flatnonzero(frames.parts() == Part.HELD_OUT)
        if not len(keys):
            raise self._none_held_out(frames)
        return keys

    def _none_held_out(self, frames: Snapshot) -> StreamEmpty:
        return StreamEmpty(f'store {self._reader.path}: no held-out frame among its '
                           f'{len(frames.keys())}; wait for the simulator')

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the draws as plain Python numbers and strings."""
        return {'random': self._random.bit_generator.state, 'corrupt': self.corrupt}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly after ``state_dict``; DepthDistillError for anything else."""
        try:
            self._random.bit_generator.state = state['random']
            self.corrupt = int(state['corrupt'])
        except (KeyError, TypeError, ValueError) as error:
            raise DepthDistillError(
                f'sampler: this is not a state of a sampler ({error})') from error

    def _read(self, frames: Snapshot, keys: Iterable[int], count: int) -> StoredFrames:
        """Read the first ``count`` undamaged frames among ``keys``."""
        height, width = self._reader.size
        images = np.empty((count, height, width, 3), np.uint8)
        semantics = np.empty((count, height, width), np.uint8)
        found: list[int] = []
        for key in keys:
            try:
                frames.read_into(key, images[len(found)], semantics[len(found)])
            except CorruptRecord:
                self.corrupt += 1
            else:
                found.append(key)
            # Leave before the next key is drawn, so that a batch uses no further random number.
            if len(found) == count:
                break
        return StoredFrames(images[:len(found)], semantics[:len(found)],
                            np.array(found, np.int64), oldest=frames.keys().start)
