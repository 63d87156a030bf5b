# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of any network with loss H: how a teacher is made."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED, Batches
from depth_distill_ros.distillation.losses import measured_loss, predictions
from depth_distill_ros.distillation.methods.method import Update


class Supervised:
    """H against measured depth; the loss of SARPN is the sum over its five scales."""

    needs = {LABELLED: ('depth',)}

    def __init__(self, student: nn.Module, compute: Compute):
        self.networks = {'student': student}
        self._compute = compute

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        labelled = batches[LABELLED]
        with self._compute.autocast():
            maps = predictions(self.networks['student'], labelled.x, every_scale=True)
            loss = measured_loss(maps, labelled.depth)
            update(loss, 'student')
        return {'loss_student': loss.detach()}
