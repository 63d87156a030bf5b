# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running distillation: everything a distiller node keeps, resumable at any step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from depth_distill_ros import __version__
from depth_distill_ros.distillation.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.confidence import ConfidenceTraining
from depth_distill_ros.distillation.data.stream_source import StreamSource
from depth_distill_ros.distillation.methods import effective, make_method, needs_gradient
from depth_distill_ros.distillation.preview import preview_grid
from depth_distill_ros.distillation.release_score import Judge, Taught
from depth_distill_ros.distillation.releases import ReleaseRecord, latest, publish
from depth_distill_ros.distillation.student_start import starting_student
from depth_distill_ros.distillation.trainer import Training
from depth_distill_ros.networks.confidence import ConfidentNetwork
from depth_distill_ros.networks.model import ModelCard, load_model
from depth_distill_ros.networks.normalisation import to_image
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.shipped import is_shipped, shipped_teacher

# The head is small and its question easy: it needs few of the steps, each as dear as a judgement.
_CONFIDENCE_EVERY = 4


class DistillationSession:
    """
    A training on a growing stream store, and its releases, under one work folder.

    ```
    work_dir/checkpoints/last.pt   everything, replaced as a whole
    work_dir/releases/000001/      students handed to inference
    work_dir/store/                the stream store, unless `store` is given
    work_dir/auxiliary/            the robot's own frames, unless `auxiliary_store` is given
    ```

    Raises ModelError for an unusable teacher, CheckpointError for an unusable checkpoint.
    """

    def __init__(self, config: OnlineSettings, work_dir: Path, compute: Compute | None = None,
                 store: Path | None = None, auxiliary_store: Path | None = None):
        self.config = config = effective(config.method, config)
        self.compute = compute or Compute.available(config.precision)
        self._checkpoint = Path(work_dir) / 'checkpoints' / 'last.pt'
        self._releases = Path(work_dir) / 'releases'
        self._teacher, self._teacher_card = load_teacher(
            config.teacher or str(shipped_teacher()),
            needs_gradient=needs_gradient(config.method, config))
        torch.manual_seed(config.seed)
        student, learned = starting_student(
            config.student, config.student_backbone, config.student_start)
        method = make_method(config.method, self._teacher, student, self.compute, self.size,
                             config.batch, config, keep_encoder_statistics=learned)
        self._training = Training(method, config, self.compute)
        average = self._training.average.network
        self._confidence = ConfidenceTraining(average, self.compute) \
            if isinstance(average, ConfidentNetwork) else None
        self._judge = Judge(self._teacher, method.networks.get('transformation'), self.compute)
        self.store = Path(store or Path(work_dir) / 'store')
        self._source = StreamSource(
            str(self.store), str(auxiliary_store or Path(work_dir) / 'auxiliary'), self.size,
            config.batch, config.auxiliary_images, config.seed, self.compute.device)
        self.resumed = self._checkpoint.exists()
        if self.resumed:
            self._load()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures that the teacher reads and the store must hold."""
        return self._teacher_card.size

    @property
    def step(self) -> int:
        return self._training.step

    @property
    def learning_rate(self) -> float:
        return self._training.learning_rate

    @property
    def store_frames(self) -> int:
        """Frames in the store now; 0 where there is no store yet."""
        return self._source.frames

    @property
    def auxiliary_frames(self) -> int:
        """Frames of the robot's own camera in their store now."""
        return self._source.auxiliary_frames

    @property
    def corrupt_frames(self) -> int:
        """Damaged records met in the stores, and skipped."""
        return self._source.corrupt

    def ready(self) -> bool:
        """Whether the store holds enough frames to start on."""
        return self.store_frames >= self.config.min_frames

    def train_step(self) -> dict[str, float]:
        """One iteration of the method; its losses. NonFiniteLoss leaves the last checkpoint."""
        losses = self._training.train_step(self._source.draw())
        if self._confidence and self.step % _CONFIDENCE_EVERY == 0:
            taught = self._judge.taught(self._source.draw_held_out())
            losses['loss_confidence'] = self._confidence.step(taught)
        return losses

    def save(self) -> Path:
        """Write the checkpoint now."""
        return save_checkpoint(self._checkpoint, {
            'architecture': self._identity(), 'training': self._training.state_dict(),
            'confidence': self._confidence and self._confidence.state_dict(),
            'source': self._source.state_dict()})

    def latest_release(self) -> ReleaseRecord | None:
        return latest(self._releases)

    def consider_release(self, force: bool = False) -> ReleaseRecord | None:
        """
        Publish the averaged student if it agrees better with the teacher than the last release.

        Both are judged on the same held-out stream frames, plain and transformed; nothing else is
        looked at. A first release has to beat who sees nothing and says one depth everywhere.
        Returns None where the candidate is no better.
        """
        student = self._training.average.network
        taught = self._judge.taught(self._source.held_out(self.config.held_out_frames))
        candidate = self._judge.score(student, taught)
        if not force and candidate['delta1'] <= self._score_to_beat(taught):
            return None
        if self._confidence:
            student = self._confidence.confident()
        card = ModelCard(
            self.config.student, self.config.student_backbone, self.size,
            self._teacher_card.intrinsics,
            options={'confidence': True} if self._confidence else {}, about={
                'package_version': __version__, 'method': self.config.method,
                'teacher': self._identity()['teacher'], 'device': str(self.compute)})
        return publish(self._releases, student, card, self.step, candidate)

    def _score_to_beat(self, taught: Taught) -> float:
        previous = self.latest_release()
        if previous is None:
            return self._judge.blind_score(taught)['delta1']
        running, _ = load_model(previous.folder)
        running.to(self.compute.device, memory_format=torch.channels_last)
        return self._judge.score(running, taught)['delta1']

    @torch.no_grad()
    def preview(self, frames: int = 4) -> np.ndarray:
        """x′, x̂′, G(x̂′), teacher depth, student depth side by side, a row a held-out frame."""
        held_out = self._source.held_out(frames)
        x, mixed, z = self._judge.pictures(held_out)
        with self.compute.autocast():
            depths = [network(x).float()[:, 0].cpu().numpy()
                      for network in (self._teacher, self._training.average.network)]
        return preview_grid([to_image(p).cpu().numpy() for p in (x, mixed, z)], depths)

    def memory_mib(self) -> float:
        return self.compute.memory_mib()

    def close(self) -> None:
        self._source.close()

    def _identity(self) -> dict[str, object]:
        teacher = self.config.teacher
        # the shipped teacher lies elsewhere in another installation
        shipped = not teacher or Path(teacher).is_dir() and is_shipped(Path(teacher))
        return {**self.config.identity, 'size': list(self.size),
                'teacher': 'shipped' if shipped else teacher}

    def _load(self) -> None:
        state = load_checkpoint(self._checkpoint)
        stored, own = state.get('architecture') or {}, self._identity()
        # an earlier version stored neither teacher nor size
        other = [name for name in own if name in stored and stored[name] != own[name]]
        if other or not stored:
            raise CheckpointError(
                f'{self._checkpoint} was trained with '
                f'{", ".join(f"{name} {stored[name]}" for name in other) or "nothing known"}, not '
                f'{", ".join(f"{name} {own[name]}" for name in other)}; give the same parameters '
                'or another work_dir')
        self._training.load_state_dict(state['training'])
        self._source.load_state_dict(state['source'])
        if self._confidence:
            self._confidence.load_state_dict(state['confidence'])
