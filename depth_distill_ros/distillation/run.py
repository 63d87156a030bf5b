# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training from beginning to end in a folder of its own: any method, any data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import signal
import threading
import time
from typing import Any

from torch import nn
from torch.utils.tensorboard import SummaryWriter

from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.checkpoint import load_checkpoint, save_checkpoint
from depth_distill_ros.distillation.trainer import Training
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.model import ModelCard, save_model

_CURVE_EVERY = 10  # steps between two points of a curve


@dataclass(frozen=True)
class Progress:
    """What can be told after a step; `figures` where the student has just been evaluated."""

    step: int
    losses: dict[str, float]
    learning_rate: float
    images_per_s: float
    figures: dict[str, float] | None


class TrainingRun:
    """
    Steps, evaluations, checkpoints and curves under `folder`.

    ```
    folder/last.pt          everything that the next step depends on, replaced as a whole
    folder/best-000400/     model folder of the best evaluation so far (by delta1)
    folder/student/         model folder of the averaged student after the last step
    folder/figures.jsonl    one line an evaluation
    folder/tensorboard/
    ```

    `source` has draw() -> Batch, state_dict() and load_state_dict(). `evaluate` gives figures,
    delta1 among them. `card` describes the student. A run that was killed goes on from last.pt
    as if it had not been; `settings` must be those it was started with. `upgrade` gives those of
    an earlier version their names of today.
    """

    def __init__(self, folder: Path, training: Training, source: Any, card: ModelCard,
                 settings: Mapping[str, Any],
                 evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
                 upgrade: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict):
        self._folder, self.training, self._source = Path(folder), training, source
        self._card, self._settings, self._evaluate = card, dict(settings), evaluate
        self._upgrade = upgrade
        self._best: float | None = None
        self._checkpoint = self._folder / 'last.pt'
        # only the first process's machine has it for certain
        state = processes.from_first(
            lambda: load_checkpoint(self._checkpoint) if self._checkpoint.exists() else None)
        if state is not None:
            self._load(state)

    def steps(self, total: int, images: int, evaluate_every: int = 0,
              save_every: int = 0) -> Iterator[Progress]:
        """
        Train up to step `total`, `images` pictures a step.

        Evaluates and saves every so many steps (0: never but at the end), and saves when the
        iteration is given up. Ctrl-C is answered between two steps: half of one is no state
        that a run could go on from.
        """
        first, began = self.training.step, time.monotonic()
        interrupted = threading.Event()
        before = _on_interrupt(interrupted.set)
        curves = SummaryWriter(str(self._folder / 'tensorboard'), purge_step=first) \
            if processes.rank() == 0 else None
        try:
            while self.training.step < total and not interrupted.is_set():
                losses = self.training.train_step(self._source.draw())
                step = self.training.step
                rate = (step - first) * images / (time.monotonic() - began)
                figures = None
                if self._evaluate and (step == total or evaluate_every
                                       and step % evaluate_every == 0):
                    figures = self._judge(losses)
                if curves and (step % _CURVE_EVERY == 0 or figures):
                    self._draw_curves(curves, step, losses | {'images_per_s': rate}, figures)
                if step == total or save_every and step % save_every == 0:
                    self.save()
                yield Progress(step, losses, self.training.learning_rate, rate, figures)
            if interrupted.is_set():
                raise KeyboardInterrupt
        except (GeneratorExit, KeyboardInterrupt):
            # of several processes each may be at another step
            if processes.count() == 1:
                self.save()
            raise
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
            if curves:
                curves.close()

    def save(self) -> None:
        """Write last.pt now."""
        state = {'settings': self._settings, 'training': self.training.state_dict(),
                 'source': self._source.state_dict(), 'best': self._best}
        if processes.rank() == 0:
            save_checkpoint(self._checkpoint, state)

    def finish(self, student: nn.Module | None = None, half: bool = False) -> Path:
        """Write the averaged student, or `student`, as the model folder student/."""
        folder = self._folder / 'student'
        if processes.rank() == 0 and not folder.exists():
            save_model(folder, student or self.training.average.network, self._card, half=half)
        return folder

    def _judge(self, losses: dict[str, float]) -> dict[str, float]:
        figures = self._evaluate(self.training.average.network)
        if processes.rank() == 0:
            line = {'step': self.training.step, **losses, **figures}
            with (self._folder / 'figures.jsonl').open('a', encoding='utf-8') as file:
                file.write(json.dumps(line) + '\n')
            if self._best is None or figures['delta1'] > self._best:
                self._keep_best()
        self._best = max(figures['delta1'], self._best or 0.0)
        return figures

    def _keep_best(self) -> None:
        older = list(self._folder.glob('best-*'))
        folder = self._folder / f'best-{self.training.step:06d}'
        if folder not in older:
            save_model(folder, self.training.average.network, self._card)
        for other in older:
            if other != folder:
                shutil.rmtree(other)

    @staticmethod
    def _draw_curves(curves: SummaryWriter, step: int, losses: dict[str, float],
                     figures: dict[str, float] | None) -> None:
        for group, values in (('train', losses), ('evaluation', figures or {})):
            for name, value in values.items():
                curves.add_scalar(f'{group}/{name}', value, step)

    def _load(self, state: dict[str, Any]) -> None:
        stored = self._upgrade(state['settings'])
        other = sorted(name for name in self._settings
                       if self._settings[name] != stored.get(name))
        if other:
            raise DepthDistillError(
                f'{self._folder} was started with other settings ({", ".join(other)}); give the '
                'same ones, or another folder')
        self.training.load_state_dict(state['training'])
        self._source.load_state_dict(state['source'])
        self._best = state['best']


def _on_interrupt(answer: Callable[[], None]) -> Any:
    """Let Ctrl-C do that; return what it did before, None where it must do nothing."""
    in_background = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if in_background or threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGINT, lambda *_: answer())
