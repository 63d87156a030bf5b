# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3, dense depth distillation with out-of-distribution simulated images: algorithm 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.bn_statistics import BNStatistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.mixing import mix


class D3:
    """
    One frozen teacher N_t, a student N_s and a transformation network G.

    The student learns the teacher's depth on the stream's pictures x′ and on G's z = G(x̂′) of
    their mixtures x̂′ (eq. 9); G learns to move x̂′ towards the statistics in the teacher's
    BatchNorm layers without leaving x̂′ (eq. 8). In reading A no gradient of the student's
    loss reaches G. With keep_encoder_statistics the student's encoder normalises with the
    BatchNorm statistics that it came with, in training as in use.
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, transformation: nn.Module,
                 compute: Compute, alpha: float = 1e-3, beta: float = 1e-3,
                 keep_encoder_statistics: bool = False):
        self.teacher = teacher.eval().requires_grad_(False)
        self.student, self.transformation = student, transformation
        self._compute, self._alpha, self._beta = compute, alpha, beta
        self._statistics = BNStatistics(teacher)
        self._keep_encoder_statistics = keep_encoder_statistics

    def backward(self, x: Tensor, semantics: Tensor, generator: torch.Generator,
                 ) -> dict[str, Tensor]:
        """
        Add this batch's gradients to student and G; the losses, detached.

        x: B×3×H×W ImageNet-normalised stream pictures; semantics: their B×H×W uint8 classes.
        """
        self.student.train()
        if self._keep_encoder_statistics:
            self.student.encoder.eval()
        self.transformation.train()
        mixed = mix(x, semantics, generator)
        with self._compute.autocast():
            z = self.transformation(mixed)
            with self._statistics.recorded() as terms:
                depth_z = self.teacher(z)
            with torch.no_grad():
                depth_x = self.teacher(x)
            l_bn = torch.stack(terms).sum()
            l_rec = (mixed - z.float()).abs().mean()
            # first, and at once: it frees the graph through the teacher before the student's grow
            (self._alpha * l_bn + self._beta * l_rec).backward()
            # one batch, so that the student's BatchNorm learns with the statistics that it keeps
            seen = self.student(torch.cat((x, z.detach().to(x.dtype))))
            plain, transformed = (
                loss_h(depth, taught.detach()) for depth, taught in
                zip(seen.chunk(2), (depth_x, depth_z), strict=True))
            (plain + transformed).backward()
        return {
            'loss_student': (plain + transformed).detach(), 'loss_plain': plain.detach(),
            'loss_transformed': transformed.detach(), 'l_bn': l_bn.detach(),
            'l_rec': l_rec.detach(),
        }
