# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running distillation: everything a distiller node keeps, resumable at any step."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from depth_distill_ros import __version__
from depth_distill_ros.distillation.average import AveragedNetwork
from depth_distill_ros.distillation.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.d3 import D3
from depth_distill_ros.distillation.judge import Judge, Taught
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.preview import preview_grid
from depth_distill_ros.distillation.release import ReleaseRecord, latest, publish
from depth_distill_ros.distillation.schedule import halving
from depth_distill_ros.distillation.start import starting_student
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import TransformationNetwork
from depth_distill_ros.networks.model import ModelCard, load_model
from depth_distill_ros.networks.normalisation import to_input, to_picture
from depth_distill_ros.shipped import shipped_teacher
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.store_errors import StoreMissing
from depth_distill_ros.stream.store_reader import StreamReader


@dataclass(frozen=True)
class DistillationConfig:
    """
    The settings of a run; the distiller node's parameters have the same names.

    teacher: model folder, empty for the shipped one. student_start: as in start.py. store: folder
    of the stream store.
    halving_steps, halvings: the learning rate's schedule; the paper's five epochs of 50,000 frames
    are 31,250 steps of batch 8. min_frames: in the store before training starts. ema:
    decay of the averaged student, which is what is released.
    """

    store: str
    teacher: str = ''
    student: str = 'lden'
    student_backbone: str = 'mobilenetv2'
    student_start: str = ''
    g_width: float = 1.0
    g_residual: bool = True
    batch: int = 8
    lr: float = 1e-4
    halving_steps: int = 31_250
    halvings: int = 3
    weight_decay: float = 1e-4
    alpha: float = 1e-3
    beta: float = 1e-3
    ema: float = 0.999
    min_frames: int = 512
    held_out_frames: int = 32
    seed: int = 0

    @classmethod
    def from_mapping(cls, values: dict[str, Any]) -> DistillationConfig:
        """From a mapping that may hold other keys too."""
        names = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})

    @property
    def architecture(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to fit."""
        names = ('student', 'student_backbone', 'g_width', 'g_residual')
        return {name: getattr(self, name) for name in names}


class DistillationSession:
    """
    Student, G, optimisers, schedule, sampler and random state, under one work folder.

    ```
    work_dir/checkpoints/last.pt   everything, replaced as a whole
    work_dir/releases/000001/      students handed to inference
    ```

    Raises ModelError for an unusable teacher, CheckpointError for an unusable checkpoint.
    """

    def __init__(self, config: DistillationConfig, work_dir: Path,
                 compute: Compute | None = None):
        self.config = config
        self.compute = compute or Compute.available()
        self._checkpoint = Path(work_dir) / 'checkpoints' / 'last.pt'
        self._releases = Path(work_dir) / 'releases'
        teacher_folder = Path(config.teacher) if config.teacher else shipped_teacher()
        teacher, self._teacher_card = load_model(teacher_folder)
        torch.manual_seed(config.seed)
        device = self.compute.device
        teacher.to(device, memory_format=torch.channels_last)
        student, learned = starting_student(
            config.student, config.student_backbone, config.student_start)
        self.student = student.to(device, memory_format=torch.channels_last)
        self.transformation = TransformationNetwork(config.g_width, config.g_residual).to(
            device, memory_format=torch.channels_last)
        self._method = D3(teacher, self.student, self.transformation, self.compute,
                          config.alpha, config.beta, keep_encoder_statistics=learned)
        self._average = AveragedNetwork(self.student, config.ema)
        fused = device.type == 'cuda'
        self._optimizers = {
            'student': torch.optim.Adam(self.student.parameters(), config.lr,
                                        weight_decay=config.weight_decay, fused=fused),
            'transformation': torch.optim.Adam(
                self.transformation.parameters(), config.lr, fused=fused),
        }
        self._generator = torch.Generator().manual_seed(config.seed)
        self._judge = Judge(teacher, self.transformation, self.compute)
        self._reader: StreamReader | None = None
        self._sampler: StreamSampler | None = None
        self._sampler_state: dict | None = None
        self.step = 0
        self.resumed = self._checkpoint.exists()
        if self.resumed:
            self._load()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures that the teacher reads and the store must hold."""
        return self._teacher_card.size

    @property
    def learning_rate(self) -> float:
        c = self.config
        return halving(c.lr, self.step, c.halving_steps, c.halvings)

    @property
    def store_frames(self) -> int:
        """Frames in the store now; 0 where there is no store yet."""
        return len(self._reader) if self._open_store() else 0

    def ready(self) -> bool:
        """Whether the store holds enough frames to start on."""
        return self.store_frames >= self.config.min_frames

    def train_step(self) -> dict[str, float]:
        """One iteration of the method; its losses. NonFiniteLoss leaves the last checkpoint."""
        batch = self._sampler.draw()
        x = to_input(torch.from_numpy(batch.images).to(self.compute.device))
        semantics = torch.from_numpy(batch.semantics).to(self.compute.device)
        for optimizer in self._optimizers.values():
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group['lr'] = self.learning_rate
        losses = {name: value.item() for name, value in
                  self._method.backward(x, semantics, self._generator).items()}
        if not all(np.isfinite(value) for value in losses.values()):
            raise NonFiniteLoss(
                f'the losses are no numbers at step {self.step} ({losses}); lower the learning '
                f'rate and start again, it resumes from {self._checkpoint}')
        for optimizer in self._optimizers.values():
            optimizer.step()
        self._average.update(self.student)
        self.step += 1
        return losses

    def save(self) -> Path:
        """Write the checkpoint now."""
        return save_checkpoint(self._checkpoint, {
            'architecture': self.config.architecture, 'step': self.step,
            'student': self.student.state_dict(), 'average': self._average.state_dict(),
            'transformation': self.transformation.state_dict(),
            'optimizers': {n: o.state_dict() for n, o in self._optimizers.items()},
            'generator': self._generator.get_state(), 'torch_rng': torch.get_rng_state(),
            'sampler': self._sampler.state_dict() if self._sampler else self._sampler_state,
        })

    def latest_release(self) -> ReleaseRecord | None:
        return latest(self._releases)

    def consider_release(self, force: bool = False) -> ReleaseRecord | None:
        """
        Publish the averaged student if it agrees better with the teacher than the last release.

        Both are judged on the same held-out stream frames, plain and transformed; nothing else is
        looked at. A first release has to beat who sees nothing and says one depth everywhere.
        Returns None where the candidate is no better.
        """
        taught = self._judge.taught(self._sampler.held_out(self.config.held_out_frames))
        candidate = self._judge.score(self._average.network, taught)
        if not force and candidate['delta1'] <= self._score_to_beat(taught):
            return None
        card = ModelCard(
            self.config.student, self.config.student_backbone, self.size,
            self._teacher_card.intrinsics, about={
                'package_version': __version__, 'method': 'd3',
                'teacher': self.config.teacher or 'shipped', 'device': str(self.compute)})
        return publish(self._releases, self._average.network, card, self.step, candidate)

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
        held_out = self._sampler.held_out(frames)
        x, mixed, z = self._judge.pictures(held_out)
        with self.compute.autocast():
            depths = [network(x).float()[:, 0].cpu().numpy()
                      for network in (self._method.teacher, self._average.network)]
        return preview_grid([to_picture(p).cpu().numpy() for p in (x, mixed, z)], depths)

    def memory_mib(self) -> float:
        return self.compute.memory_mib()

    def close(self) -> None:
        if self._reader:
            self._sampler_state = self._sampler.state_dict()
            self._reader.close()
            self._reader = self._sampler = None

    def _open_store(self) -> bool:
        if self._sampler is None:
            try:
                reader = StreamReader(self.config.store)
            except StoreMissing:
                return False
            if reader.size != self.size:
                reader.close()
                raise DepthDistillError(
                    f'the store {self.config.store} holds {reader.size[0]}×{reader.size[1]} '
                    f'frames and the teacher reads {self.size[0]}×{self.size[1]}; set the '
                    "stream node's height and width to the teacher's and give it a new store")
            self._reader = reader
            self._sampler = StreamSampler(reader, self.config.batch, self.config.seed)
            if self._sampler_state:
                self._sampler.load_state_dict(self._sampler_state)
        return True

    def _load(self) -> None:
        state = load_checkpoint(self._checkpoint)
        if state['architecture'] != self.config.architecture:
            raise CheckpointError(
                f'{self._checkpoint} is of {state["architecture"]}, not of '
                f'{self.config.architecture}; give the same parameters or another work_dir')
        self.student.load_state_dict(state['student'])
        self._average.load_state_dict(state['average'])
        self.transformation.load_state_dict(state['transformation'])
        for name, optimizer in self._optimizers.items():
            optimizer.load_state_dict(state['optimizers'][name])
        self._generator.set_state(state['generator'])
        torch.set_rng_state(state['torch_rng'])
        self._sampler_state = state['sampler']
        self.step = state['step']
