# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training's figures over time: TensorBoard scalars, and the last ones for /diagnostics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
import time

from torch.utils.tensorboard import SummaryWriter

from depth_distill_ros.distillation.releases import ReleaseRecord

_EVERY = 10  # steps between two points of a curve
_RATE_STEPS = 20


class TrainingLog:
    """
    Writes to one folder; a resumed training continues its curves.

    Attributes
    ----------
    images_per_s : over the last steps, releases and checkpoints included

    """

    def __init__(self, folder: Path, step: int, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._complain = complain
        self._writer: SummaryWriter | None = None
        self._times: deque[float] = deque([time.monotonic()], maxlen=_RATE_STEPS + 1)
        self.images_per_s = 0.0
        with self._or_without():
            self._writer = SummaryWriter(str(folder), purge_step=step)

    def step(self, step: int, losses: dict[str, float], learning_rate: float,
             batch: int) -> None:
        """Note one training step."""
        self._times.append(time.monotonic())
        steps = len(self._times) - 1
        self.images_per_s = steps * batch / max(self._times[-1] - self._times[0], 1e-9)
        if step % _EVERY == 0:
            self._write('train', {**losses, 'learning_rate': learning_rate,
                                  'images_per_s': self.images_per_s}, step)

    def release(self, record: ReleaseRecord) -> None:
        """Note what a release was judged by."""
        self._write('held_out', {**record.score, 'release': record.number}, record.step)

    def _write(self, group: str, values: dict[str, float], step: int) -> None:
        if self._writer is None:
            return
        with self._or_without():
            for name, value in values.items():
                self._writer.add_scalar(f'{group}/{name}', value, step)

    @contextmanager
    def _or_without(self) -> Iterator[None]:
        """Give the curves up, and say so, where they cannot be written."""
        try:
            yield
        except OSError as error:
            self._writer = None
            self._complain(f'no TensorBoard from now on: cannot write {self._folder}: {error}')

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            with self._or_without():
                self._writer.close()
