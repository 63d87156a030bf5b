# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3's baselines KD-OOD and random noise: plain distillation on out-of-distribution images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.augmentation import Augmentation
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Batches
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepths
from depth_distill_ros.distillation.losses import predictions, teacher_loss
from depth_distill_ros.distillation.methods.method import Update


class KDOOD:
    """
    KD-OOD: the first term of eq. 9, the teacher depth of the stream's images.

    Auxiliary images, where there are some, join the batch.
    """

    needs: dict[str, tuple[str, ...]] = {STREAM: ()}

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute,
                 every_scale: bool, augmentation: Augmentation):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        self._teacher_depths = TeacherDepths(teacher, compute, (STREAM, AUXILIARY))
        self._compute, self._every_scale = compute, every_scale
        self._augmentation = augmentation

    def prepare(self, batches: Batches) -> None:
        """Ask the teacher for the depth of the next images, unless they are changed first."""
        if not self._augmentation.begun:
            self._teacher_depths.prepare(batches)

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        batches = self._augmentation(batches, generator)
        with self._compute.autocast():
            targets = torch.cat([self._teacher_depths(name, batch)
                                 for name, batch in batches.items()])
            maps = predictions(self.networks['student'],
                               torch.cat([batch.x for batch in batches.values()]),
                               self._every_scale)
            loss = teacher_loss(maps, targets)
            update(loss, 'student')
        return {'loss_student': loss.detach()}

    def state_dict(self) -> dict[str, Any]:
        return {'augmentation': self._augmentation.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._augmentation.load_state_dict(state['augmentation'])


class RandomNoise(KDOOD):
    """The same on N(0, 1) noise: `batch` images of `size` (height, width) a step."""

    needs = {}

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute,
                 size: tuple[int, int], batch: int, every_scale: bool):
        super().__init__(teacher, student, compute, every_scale, Augmentation(0.0, 0))
        self._shape = (batch, 3, *size)

    def prepare(self, batches: Batches) -> None:
        """Nothing: the noise of a step is drawn in it."""

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        noise = torch.randn(self._shape, generator=generator).to(
            self._compute.device, memory_format=torch.channels_last)
        return super().step({STREAM: Batch(noise)}, update, generator)
