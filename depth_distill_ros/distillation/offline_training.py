# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Offline training: the steps, evaluations, checkpoints and curves of one run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import signal
import threading
from typing import Any, TextIO

from torch import nn

from depth_distill_ros.distillation.checkpoint import Checkpoint
from depth_distill_ros.distillation.curves import TrainingCurves
from depth_distill_ros.distillation.data.batch import Source
from depth_distill_ros.distillation.data.prefetched import Prefetched
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.distillation.release_choice import is_better
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import exclusive, remove_leftovers, writing
from depth_distill_ros.networks.model_folder import ModelCard, save_model


@dataclass(frozen=True)
class Progress:
    """The state after a step; `figures` where the student has just been evaluated."""

    step: int
    losses: Mapping[str, float]
    images_per_s: float
    figures: dict[str, float] | None


class OfflineTraining:
    """
    A training with an end, under `folder`.

    ```
    folder/last.pt          everything that the next step depends on, replaced as a whole
    folder/best-000400/     model folder of the best evaluation so far (by delta1)
    folder/student/         model folder of the averaged student after the last step
    folder/figures.jsonl    one line an evaluation
    folder/tensorboard/
    folder/training.lock    held by the one process that trains there
    ```

    `evaluate` returns the figures of a network, delta1 among them. `card` describes the student.
    `identity` and `upgrade` are those of Checkpoint. A killed run resumes from last.pt and gives
    the same results as an uninterrupted one.
    """

    def __init__(self, folder: Path, trainer: Trainer, source: Source, card: ModelCard,
                 identity: Mapping[str, Any],
                 evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
                 upgrade: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
                 begin: Callable[[], object] = lambda: None):
        self._begin = begin
        self._folder, self.trainer, self.source = Path(folder), trainer, source
        self._batches = Prefetched(source, trainer.prepare)
        self._card, self._evaluate = card, evaluate
        self._checkpoint = Checkpoint(self._folder / 'last.pt', identity,
                                      {'training': trainer, 'source': self._batches}, upgrade)
        self._best: float | None = (self._checkpoint.load() or {}).get('best')

    def steps(self, total: int, images: int, evaluate_every: int = 0,
              save_every: int = 0) -> Iterator[Progress]:
        """
        Train up to step `total`, `images` images a step.

        Evaluates and saves every so many steps (0: only at the end), and saves when the caller
        stops iterating. Ctrl-C takes effect between two steps, because a run cannot resume from
        the middle of one.
        """
        trainer, first_process = self.trainer, processes.rank() == 0
        curves = TrainingCurves(self._folder / 'tensorboard' if first_process else None,
                                trainer.step)
        lock = self._locked() if first_process else nullcontext()
        with lock, closing(curves), _interrupts_noted() as interrupted:
            try:
                while trainer.step < total and not interrupted.is_set():
                    batches = self._batches.draw()
                    if trainer.step + 1 < total and trainer.compute.spares_a_core():
                        self._batches.ahead()
                    losses = trainer.train_step(batches)
                    step, last = trainer.step, trainer.step == total
                    curves.add_step(step, losses, trainer.learning_rate, images)
                    figures = None
                    if self._evaluate and (last or evaluate_every and step % evaluate_every == 0):
                        figures = self._evaluated(self._evaluate, losses)
                        curves.add('evaluation', step, figures)
                    if last or save_every and step % save_every == 0:
                        self.save()
                    yield Progress(step, losses, curves.images_per_s, figures)
                if interrupted.is_set():
                    raise KeyboardInterrupt
            except (GeneratorExit, KeyboardInterrupt):
                # several processes may be at different steps
                if processes.count() == 1:
                    self.save()
                raise

    def _locked(self) -> TextIO:
        """Lock the folder, then remove what a killed process left there."""
        with writing(self._folder):
            lock = exclusive(self._folder / 'training.lock', lambda owner: DepthDistillError(
                f'{self._folder}: process {owner} trains there; stop that one or choose another '
                'folder'))
        for pattern in ('last.pt', 'best-*', 'student', 'run.yaml'):
            remove_leftovers(self._folder, pattern, owned=True)
        self._begin()
        return lock

    def save(self) -> None:
        """Write last.pt now."""
        self._checkpoint.save(best=self._best)

    def finish(self) -> Path:
        """Write the averaged student as the model folder student/."""
        folder = self._folder / 'student'
        if processes.rank() == 0 and not folder.exists():
            save_model(folder, self.trainer.average.module, self._card)
        return folder

    def _evaluated(self, evaluate: Callable[[nn.Module], dict[str, float]],
                   losses: Mapping[str, float]) -> dict[str, float]:
        try:
            figures = evaluate(self.trainer.average.module)
        except DepthDistillError:
            # The steps are worth keeping although a frame of the evaluation is damaged.
            if processes.count() == 1:
                self.save()
            raise
        better = is_better(figures, self._best)
        if processes.rank() == 0:
            line = {'step': self.trainer.step, **losses, **figures}
            with (self._folder / 'figures.jsonl').open('a', encoding='utf-8') as file:
                file.write(json.dumps(line) + '\n')
            if better:
                self._keep_best()
        if better:
            self._best = figures['delta1']
        return figures

    def _keep_best(self) -> None:
        older = list(self._folder.glob('best-*'))
        folder = self._folder / f'best-{self.trainer.step:06d}'
        if folder not in older:
            save_model(folder, self.trainer.average.module, self._card)
        for other in older:
            if other != folder:
                shutil.rmtree(other)


@contextmanager
def _interrupts_noted() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C sets, in place of what it does otherwise."""
    interrupted = threading.Event()
    # a process in the background ignores it, and only the main thread may change it
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN \
            or threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
