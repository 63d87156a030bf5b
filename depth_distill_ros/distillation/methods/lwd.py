# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""LWD, distillation with auxiliary data: eq. 1 to 4 of "Boosting LightWeight Depth Estimation"."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, Batch
from depth_distill_ros.distillation.data.teacher_depth import TaughtDepth
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.supervision import measured_loss, outputs, taught_loss

# the sources of each equation, with what they need beside the picture
EQUATIONS = {
    1: {LABELLED: ('depth',)},
    2: {AUXILIARY: ()},
    3: {LABELLED: ('depth',), AUXILIARY: ()},
    4: {LABELLED: ('depth',), AUXILIARY: ('depth',)},
}


class LWD:
    """
    The student learns λ·H(S, T) + (1 - λ)·H(S, measured) on X, the labelled pictures (eq. 1).

    Auxiliary pictures U teach it the teacher's depth alone: λ·H(S, T) where there is nothing else
    (eq. 2), H(S, T) beside X (eq. 3). Labelled auxiliary pictures U′ count like X, and the
    teacher should have learnt from both (eq. 4). A step takes one batch of each.
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute, equation: int,
                 lam: float = 0.1, every_scale: bool = True,
                 keep_encoder_statistics: bool = False):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        self.needs = EQUATIONS[equation]
        self._taught = {source: TaughtDepth(teacher) for source in self.needs}
        self._compute, self._lam, self._every_scale = compute, lam, every_scale
        self._weight_auxiliary = lam if equation == 2 else 1.0
        self._keep_encoder_statistics = keep_encoder_statistics

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        student = self.networks['student'].train()
        if self._keep_encoder_statistics:
            student.encoder.eval()
        losses = {}
        with self._compute.autocast():
            for source, fields in self.needs.items():
                pictures = batch[source]
                maps = outputs(student, pictures.x, self._every_scale)
                taught = taught_loss(maps, self._taught[source](pictures))
                losses[f'loss_{source}'] = (
                    self._lam * taught + (1 - self._lam) * measured_loss(maps, pictures.depth)
                    if fields else self._weight_auxiliary * taught)
            loss = sum(losses.values())
            update(loss, 'student')
        losses['loss_student'] = loss
        return {name: value.detach() for name, value in losses.items()}
