# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of any network with loss H: how a teacher is made."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED, Batch
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.supervision import measured_loss, outputs


class Supervised:
    """
    H against measured depth; SARPN's loss is the sum over its five scales.

    keep_encoder_statistics: as in D3.
    """

    needs = {LABELLED: ('depth',)}

    def __init__(self, student: nn.Module, compute: Compute,
                 keep_encoder_statistics: bool = False):
        self.networks = {'student': student}
        self._compute, self._keep_encoder_statistics = compute, keep_encoder_statistics

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        labelled, student = batch[LABELLED], self.networks['student'].train()
        if self._keep_encoder_statistics:
            student.encoder.eval()
        with self._compute.autocast():
            maps = outputs(student, labelled.x)
            loss = measured_loss(maps, labelled.depth)
            update(loss, 'student')
        return {'loss_student': loss.detach()}
