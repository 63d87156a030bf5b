# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plain distillation on pictures that are not of the teacher's world: D3's baselines."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.augmentation import augmented
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Pictures
from depth_distill_ros.distillation.data.teacher_depth import TaughtDepth
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.supervision import outputs, taught_loss


class _PlainDistillation:
    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute,
                 every_scale: bool = True, keep_encoder_statistics: bool = False):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        self._taught = {source: TaughtDepth(teacher) for source in (STREAM, AUXILIARY)}
        self._compute, self._every_scale = compute, every_scale
        self._keep_encoder_statistics = keep_encoder_statistics

    def _learn(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        student = self.networks['student'].train()
        if self._keep_encoder_statistics:
            student.encoder.eval()
        with self._compute.autocast():
            taught = torch.cat([self._taught[name](part) for name, part in batch.items()])
            maps = outputs(student, torch.cat([part.x for part in batch.values()]),
                           self._every_scale)
            loss = taught_loss(maps, taught)
            update(loss, 'student')
        return {'loss_student': loss.detach()}


class KDOOD(_PlainDistillation):
    """
    KD-OOD: the first term of eq. 9, the teacher's depth of the stream's pictures as they are.

    Auxiliary pictures, where the batch has some, are learnt along with them. With `augmentation`,
    the strength of augmentation.camera, all are mirrored and seen through cameras first.
    """

    needs = {STREAM: ()}

    def __init__(self, *networks_and_compute, augmentation: float = 0.0, **options):
        super().__init__(*networks_and_compute, **options)
        self._augmentation = augmentation

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        if self._augmentation:
            batch = {source: augmented(pictures, self._augmentation, generator)
                     for source, pictures in batch.items()}
        return self._learn(batch, update)


class RandomNoise(_PlainDistillation):
    """The teacher's depth of N(0, 1) pictures: what pictures of nothing can teach."""

    needs: dict[str, tuple[str, ...]] = {}

    def __init__(self, *networks_and_compute, size: tuple[int, int], batch: int, **options):
        super().__init__(*networks_and_compute, **options)
        self._shape = (batch, 3, *size)

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        noise = torch.randn(self._shape, generator=generator).to(
            self._compute.device, memory_format=torch.channels_last)
        return self._learn({STREAM: Pictures(noise)}, update)
