# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses and scores of a training over time, as TensorBoard scalars."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
import time
import warnings

from torch.utils.tensorboard import SummaryWriter

_EVERY = 10  # steps between two points of a curve
_RATE_STEPS = 20


class TrainingCurves:
    """
    Writes to one folder (None: nowhere); a resumed training continues its curves.

    Attributes:
        images_per_s: mean of the last steps, with all that was done between them
    """

    def __init__(self, folder: Path | None, step: int,
                 warn: Callable[[str], None] = warnings.warn) -> None:
        self._folder, self._warn = folder, warn
        self._writer: SummaryWriter | None = None
        self._times: deque[float] = deque([time.monotonic()], maxlen=_RATE_STEPS + 1)
        self.images_per_s = 0.0
        with self._give_up_on_errors():
            if folder:
                self._writer = SummaryWriter(str(folder), purge_step=step)

    def add_step(self, step: int, losses: Mapping[str, float], learning_rate: float,
                 images: int) -> None:
        """Add a training step on so many `images`."""
        self._times.append(time.monotonic())
        elapsed = self._times[-1] - self._times[0]
        self.images_per_s = (len(self._times) - 1) * images / max(elapsed, 1e-9)
        if step % _EVERY == 0:
            self.add('train', step, {**losses, 'learning_rate': learning_rate,
                                     'images_per_s': self.images_per_s})

    def add(self, group: str, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each value."""
        if self._writer is None:
            return
        with self._give_up_on_errors():
            for name, value in values.items():
                self._writer.add_scalar(f'{group}/{name}', value, step)

    def close(self) -> None:
        if self._writer is not None:
            with self._give_up_on_errors():
                self._writer.close()

    @contextmanager
    def _give_up_on_errors(self) -> Iterator[None]:
        """Write no more curves, with a warning, after the first error; training continues."""
        try:
            yield
        except OSError as error:
            self._writer = None
            self._warn(f'no TensorBoard from now on: cannot write {self._folder}: {error}')
