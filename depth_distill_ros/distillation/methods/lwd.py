# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""LWD, distillation with auxiliary data: eq. 1 to 4 of "Boosting LightWeight Depth Estimation"."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, Batch, Batches
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepths
from depth_distill_ros.distillation.losses import (
    measured_loss,
    predictions,
    teacher_loss,
    total,
)
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.distillation import MethodSettings as Default

# the sources of each equation, with the fields that they need beside the images
EQUATIONS: dict[int, dict[str, tuple[str, ...]]] = {
    1: {LABELLED: ('depth',)},
    2: {AUXILIARY: ()},
    3: {LABELLED: ('depth',), AUXILIARY: ()},
    4: {LABELLED: ('depth',), AUXILIARY: ('depth',)},
}


class LWD:
    """
    Loss λ·H(S, T) + (1 - λ)·H(S, measured) on the labelled images X (eq. 1), λ being kd_weight.

    On auxiliary images U the loss has the teacher term alone: λ·H(S, T) without X (eq. 2),
    H(S, T) beside X (eq. 3). Labelled auxiliary images U′ have the loss of X, and the teacher
    should have been trained on both (eq. 4). A step takes one batch of each source.
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute, equation: int,
                 kd_weight: float = Default.kd_weight,
                 every_scale: bool = Default.every_scale):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        self.needs = EQUATIONS[equation]
        self._compute, self._kd_weight, self._every_scale = compute, kd_weight, every_scale
        self._teacher_weights = {name: kd_weight if fields or equation == 2 else 1.0
                                 for name, fields in self.needs.items()}
        if equation == 2 and not kd_weight:
            raise DepthDistillError('kd_weight is 0, and equation 2 has no loss but that of the '
                                    'teacher: give it a weight, or choose another equation')
        # a teacher without a weight is not asked
        self._teacher_depths = TeacherDepths(teacher, compute, [
            name for name, weight in self._teacher_weights.items() if weight])

    def prepare(self, batches: Batches) -> None:
        """Ask the teacher for the depth of the next images."""
        self._teacher_depths.prepare(batches)

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        with self._compute.autocast():
            losses = {f'loss_{name}': self._loss(name, batches[name], measured=bool(fields))
                      for name, fields in self.needs.items()}
            loss = total(losses.values())
            update(loss, 'student')
        losses['loss_student'] = loss
        return {name: value.detach() for name, value in losses.items()}

    def _loss(self, name: str, batch: Batch, measured: bool) -> Tensor:
        """Return the weighted terms of one source; those of weight 0 are not computed."""
        maps = predictions(self.networks['student'], batch.x, self._every_scale)
        terms = []
        if weight := self._teacher_weights[name]:
            terms.append(weight * teacher_loss(maps, self._teacher_depths(name, batch)))
        if measured and self._kd_weight < 1:
            terms.append((1 - self._kd_weight) * measured_loss(maps, batch.depth))
        return total(terms)
