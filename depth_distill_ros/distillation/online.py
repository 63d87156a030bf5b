# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Online distillation: a training on a growing stream store, and its releases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import secrets
from typing import Any
import warnings

import numpy as np
import torch
from torch import nn

from depth_distill_ros import __version__
from depth_distill_ros.distillation.checkpoint import Checkpoint, teacher_identity
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.confidence import ConfidenceTraining
from depth_distill_ros.distillation.curves import TrainingCurves
from depth_distill_ros.distillation.data.batch import STREAM
from depth_distill_ros.distillation.data.prefetched import Prefetched
from depth_distill_ros.distillation.data.stream_source import StreamSource
from depth_distill_ros.distillation.methods import effective, make_method, needs_gradient
from depth_distill_ros.distillation.operation.release_gate import Verdict
from depth_distill_ros.distillation.operation.release_state import (
    ReleaseState,
    ReleaseStateError,
    StateFile,
)
from depth_distill_ros.distillation.operation.run_lock import locked
from depth_distill_ros.distillation.operation.watch import Watch
from depth_distill_ros.distillation.release_choice import JudgedFrames, ReleaseEvaluator
from depth_distill_ros.distillation.release_folders import (
    RELEASE,
    ReleaseRecord,
    latest,
    prune,
    publish,
)
from depth_distill_ros.distillation.step_losses import StepLosses
from depth_distill_ros.distillation.student_start import begin_with_the_median, starting_student
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.files import private_folder, remove_leftovers, writing
from depth_distill_ros.networks.confidence import ConfidentNetwork
from depth_distill_ros.networks.model_folder import ModelCard, ModelError
from depth_distill_ros.networks.scale_anchor import ScaleAnchor
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.shipped import shipped_student

# The confidence head is small and needs few of the steps; each costs as much as an evaluation.
_CONFIDENCE_EVERY = 4
_BEGINNING = 8  # frames whose median depth a new student begins with


class OnlineDistillation:
    """
    A training on a stream store, resumable at any step, and its releases in one work folder.

    ```
    work_dir/checkpoints/last.pt   everything, replaced as a whole
    work_dir/releases/000001/      students handed to inference
    work_dir/store/                the stream store, unless `store` is given
    work_dir/tensorboard/          losses and scores over time
    work_dir/auxiliary/            frames of the robot's camera, unless `auxiliary_store` is given
    work_dir/distiller.lock        held by the one process that distils there
    ```

    `watch` compares what was published with the teacher. `run` is the id of the training, which a
    resumed training keeps. `warn` gets a line for each damaged release that is skipped.

    Raises ModelError for an unusable teacher, CheckpointError for an unusable checkpoint,
    DepthDistillError if another process distils in the folder.
    """

    def __init__(self, settings: OnlineSettings, work_dir: Path, compute: Compute | None = None,
                 store: Path | None = None, auxiliary_store: Path | None = None,
                 warn: Callable[[str], None] = warnings.warn):
        self.settings = settings = effective(settings.method, settings)
        self._work_dir, self._releases = Path(work_dir), Path(work_dir) / 'releases'
        self._warn, self._told = warn, set[str]()
        self.verdict: Verdict | None = None  # on the student last considered
        self._pausing: Callable[[], bool] = bool  # never
        self._lock = locked(self._work_dir)
        try:
            # what a killed process left there
            remove_leftovers(self._checkpoints, 'last.pt', owned=True)
            remove_leftovers(self._releases, RELEASE, owned=True)
            self._open(settings, compute, store, auxiliary_store)
        except BaseException:
            self._lock.close()
            raise

    @property
    def _checkpoints(self) -> Path:
        return self._work_dir / 'checkpoints'

    def _open(self, settings: OnlineSettings, compute: Compute | None, store: Path | None,
              auxiliary_store: Path | None) -> None:
        self._teacher, self._teacher_card = load_teacher(
            settings.teacher, needs_gradient=needs_gradient(settings.method, settings))
        self.compute = compute or Compute.available(settings.precision, rows=self.size[0])
        torch.manual_seed(settings.seed)
        start = starting_student(
            settings.student, settings.student_backbone, settings.student_start,
            settings.first_student)
        settings = replace(settings, lr=settings.lr or start.learning_rate)
        method = make_method(settings.method, self._teacher, start.student, self.compute,
                             self.size, settings.batch, settings)
        self._trainer = Trainer(
            method, settings, self.compute, 0, settings.g_lr, start.frozen_batch_norm)
        self._new_decoder = not start.whole
        self._confidence = ConfidenceTraining(self.student, self.compute) \
            if isinstance(self.student, ConfidentNetwork) else None
        self._evaluator = ReleaseEvaluator(
            self._teacher, method.networks.get('transformation'), self.compute,
            shipped_student(settings.first_student), self._teacher_card.intrinsics,
            lambda: getattr(method, 'mixes', False), settings.waits_for_robots)
        self.watch = Watch(self._teacher, self.size, self.compute, self._releases,
                           settings.watch_limit, settings.auto_rollback)
        self.store = Path(store or self._work_dir / 'store')
        auxiliary_store = None if settings.robot_frames == 'off' else \
            auxiliary_store or self._work_dir / robot_frames.STORE
        self._source = StreamSource(
            self.store, auxiliary_store, self.size, settings.batch,
            settings.auxiliary_images if STREAM in method.needs else 0, settings.seed,
            self.compute.device)
        self._batches = Prefetched(self._source, self._trainer.prepare)
        identity = {**settings.identity, 'size': self.size,
                    **teacher_identity(settings.teacher, self._teacher)}
        parts: dict[str, Any] = {'training': self._trainer, 'source': self._batches,
                 **({'confidence': self._confidence} if self._confidence else {})}
        with writing(self._checkpoints):
            private_folder(self._checkpoints)
        self._checkpoint = Checkpoint(self._checkpoints / 'last.pt', identity, parts)
        state = self._checkpoint.load()
        self.resumed = state is not None
        # inference tells by it the releases of a new run from those of the last one in the folder
        self.run = str((state or {}).get('run') or secrets.token_hex(4))
        self._curves = TrainingCurves(self._work_dir / 'tensorboard', self.step, self._warn)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images that the teacher reads and the store must hold."""
        return self._teacher_card.size

    @property
    def student(self) -> nn.Module:
        """The averaged student, which is released."""
        return self._trainer.average.module

    @property
    def step(self) -> int:
        return self._trainer.step

    @property
    def store_frames(self) -> int:
        """Frames in the store now; 0 where there is no store yet."""
        return self._source.frames

    @property
    def training_frames(self) -> int:
        """Those of the store that are neither held out nor like a held-out one."""
        return self._source.training_frames

    def values(self) -> dict[str, object]:
        """Return the state of the training for /diagnostics."""
        return {
            'step': self.step, 'learning_rate': self._trainer.learning_rate,
            'images_per_s': self._curves.images_per_s, 'store_frames': self.store_frames,
            'auxiliary_frames': self._source.auxiliary_frames,
            'corrupt_frames': self._source.corrupt, 'memory_mib': self.compute.memory_mib(),
            'resumed': self.resumed, 'compute': str(self.compute)}

    def ready(self) -> bool:
        """Return whether the store holds enough frames to start on."""
        return (self.store_frames >= self.settings.min_frames
                and self.training_frames >= self.settings.batch)

    def train_step(self) -> StepLosses:
        """Make one iteration; return its losses. NonFiniteLoss leaves the last checkpoint."""
        if self.step == 0 and self._new_decoder:
            targets = self._evaluator.targets(self._source.held_out(_BEGINNING))
            begin_with_the_median(self._trainer.student, targets[0][1])
        batches = self._batches.draw()
        if self.compute.spares_a_core() and not self._pausing():
            self._batches.ahead()
        losses = self._trainer.train_step(batches)
        if self._confidence and self.step % _CONFIDENCE_EVERY == 0:
            targets = self._evaluator.targets(self._source.draw_held_out(self.step))
            losses = losses.joined(loss_confidence=self._confidence.step(targets))
        self._curves.add_step(self.step, losses, self._trainer.learning_rate,
                              sum(len(batch.x) for batch in batches.values()))
        return losses

    def pause_with(self, pause: Callable[[], object], pausing: Callable[[], bool]) -> None:
        """Call `pause` after each update of a step; nothing goes on beside it while `pausing`."""
        self._trainer.pause, self._pausing = pause, pausing

    def prefer_hard_frames(self) -> None:
        """Draw the robot's frames on which the depth in operation was worst more often."""
        self._source.prefer_auxiliary(self.watch.record.hard_stamps())

    def save(self) -> Path:
        """Write the checkpoint now."""
        return self._checkpoint.save(run=self.run)

    def latest_release(self) -> ReleaseRecord | None:
        """Return the release that the next one is compared with; damaged ones are told of."""
        return latest(self._releases, self._tell_damaged, replace(self.state(), held=False))

    def state(self) -> ReleaseState:
        """Return what inference nodes and operators chose; an unreadable state is told of."""
        try:
            return StateFile(self._releases).read()
        except ReleaseStateError as error:
            self._tell(str(error))
            return ReleaseState()

    def _tell_damaged(self, error: ModelError) -> None:
        self._tell(f'a release is skipped, the next one supersedes it: {error}')

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._warn(line)

    def judged_frames(self) -> list[JudgedFrames]:
        """
        Return the sets of held-out frames that releases are judged on, the first for the scores.

        Those of the stream are plain and transformed; those of the robot's camera, where there
        are enough for a verdict, are plain.
        """
        count = self.settings.held_out_frames
        sets = [JudgedFrames('stream', self._evaluator.targets(self._source.held_out(count)))]
        robots = self._source.auxiliary_held_out(max(count, robot_frames.FEWEST_TO_JUDGE))
        if robots and len(robots.x) >= robot_frames.FEWEST_TO_JUDGE:
            sets.append(JudgedFrames('robot', self._evaluator.plain_targets(robots), robots=True))
        return sets

    def _anchor(self, sets: list[JudgedFrames], running: ReleaseRecord | None,
                ) -> ScaleAnchor | None:
        """Return the student's scale anchor, where frames of the robot judge it."""
        settings = self.settings
        if not settings.scale_anchor or settings.robot_frames != 'learn' \
                or not any(frames.robots for frames in sets):
            return None
        frames = self._source.auxiliary_training(robot_frames.ANCHOR_FRAMES)
        return None if frames is None else self._evaluator.anchor(
            self.student, frames, running.anchor if running else None)

    def consider_release(self, force: bool = False) -> ReleaseRecord | None:
        """
        Release the averaged student if the gate promotes it; else return None.

        With `force` it is released in any case, and its card says if it was not promoted. Without
        a running release only depth that is no number is then a reason.
        """
        student, running = self.student, self.latest_release()
        sets = self.judged_frames()
        anchor = self._anchor(sets, running)
        self.verdict = verdict = self._evaluator.judge(student, sets, running, anchor)
        if verdict.why_not and not force:
            return None
        score = self._evaluator.score(student, sets[0].targets)
        asked = force and running is None and verdict.finite
        if self._confidence:
            student = self._confidence.confident()
        card = ModelCard(
            self.settings.student, self.settings.student_backbone, self.size,
            self._teacher_card.intrinsics,
            options={'confidence': True} if self._confidence else {}, about={
                'package_version': __version__, 'method': self.settings.method,
                'teacher': self.settings.teacher or 'shipped', 'device': str(self.compute),
                'judged': verdict.figures()}, anchor=anchor)
        record = publish(self._releases, student, card, self.step, score, self.run,
                         '' if asked else verdict.why_not)
        self._curves.add('held_out', self.step, {**score, 'release': record.number})
        prune(self._releases, self.settings.keep, self.state())
        return record

    def preview(self, frames: int = 4) -> np.ndarray:
        """Return x′, x̂′, G(x̂′), teacher and student depth side by side, a row a held-out frame."""
        return self._evaluator.preview(self.student, self._source.held_out(frames))

    def close(self) -> None:
        self._batches.close()
        self._source.close()
        self._curves.close()
        self._lock.close()
