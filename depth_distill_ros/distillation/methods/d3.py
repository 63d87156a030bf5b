# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3, dense depth distillation with out-of-distribution simulated images: algorithm 1."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.augmentation import augmented
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch
from depth_distill_ros.distillation.data.teacher_depth import TaughtDepth
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.mixing import instances, mix
from depth_distill_ros.distillation.statistics import BNStatistics
from depth_distill_ros.distillation.supervision import outputs, taught_loss


class D3:
    """
    One frozen teacher N_t, a student N_s and a transformation network G.

    The student learns the teacher's depth on the stream's pictures x′ and on G's z = G(x̂′) of
    their mixtures x̂′ (eq. 9); G learns to move x̂′ towards the statistics in the teacher's
    BatchNorm layers (or in a calibration file) without leaving x̂′ (eq. 8). With g_trains_on
    'own' no gradient of the student's loss reaches G, with 'own_and_student' it does (eq. 10 to
    the letter).

    Without G (None) the student learns from x′ and from x̂′ itself; with mixing 'none' G gets x′.
    Auxiliary pictures, where the batch has some, are learnt as they are. With `augmentation`, the
    strength of augmentation.camera, all pictures are mirrored and seen through cameras first. With
    keep_encoder_statistics the student's encoder normalises with the BatchNorm statistics that it
    came with, in training as in use.
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, transformation: nn.Module | None,
                 compute: Compute, alpha: float = 1e-3, beta: float = 1e-3,
                 g_trains_on: str = 'own', mixing: str = 'classes', rec_reduction: str = 'mean',
                 calibration: Path | None = None, every_scale: bool = True,
                 keep_encoder_statistics: bool = False, augmentation: float = 0.0):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        if transformation is not None:
            self.networks['transformation'] = transformation
            self._statistics = BNStatistics(teacher, calibration)
        self.needs = {STREAM: () if mixing == 'none' else ('semantics',)}
        self._taught = {source: TaughtDepth(teacher) for source in (STREAM, AUXILIARY)}
        self._compute, self._alpha, self._beta = compute, alpha, beta
        self._trains_on, self._mixing, self._every_scale = g_trains_on, mixing, every_scale
        self._reduce = torch.mean if rec_reduction == 'mean' else torch.sum
        self._keep_encoder_statistics = keep_encoder_statistics
        self._augmentation = augmentation

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        for network in self.networks.values():
            network.train()
        if self._keep_encoder_statistics:
            self.networks['student'].encoder.eval()
        if self._augmentation:
            batch = {source: augmented(pictures, self._augmentation, generator)
                     for source, pictures in batch.items()}
        stream = batch[STREAM]
        mixed = self._mixed(stream.x, stream.semantics, generator)
        with self._compute.autocast():
            z, depth_z, losses, loss_g = self._transformed(mixed)
            if loss_g is not None and self._trains_on == 'own':
                # first, and at once: it frees the graph through the teacher before the student's
                update(loss_g, 'transformation')
                z, depth_z, loss_g = z.detach(), depth_z.detach(), None
            seen, taught = [stream.x, z], [self._taught[STREAM](stream), depth_z]
            if AUXILIARY in batch:
                seen.append(batch[AUXILIARY].x)
                taught.append(self._taught[AUXILIARY](batch[AUXILIARY]))
            plain, transformed, *auxiliary = self._student_losses(seen, taught)
            loss = plain + transformed + sum(auxiliary)
            if loss_g is None:
                update(loss, 'student')
            else:
                update(loss + loss_g, 'student', 'transformation')
        losses |= {'loss_student': loss, 'loss_plain': plain, 'loss_transformed': transformed}
        if auxiliary:
            losses['loss_auxiliary'] = auxiliary[0]
        return {name: value.detach() for name, value in losses.items()}

    def _mixed(self, x: Tensor, semantics: Tensor | None, generator: torch.Generator) -> Tensor:
        if self._mixing == 'none':
            return x
        return mix(x, instances(semantics) if self._mixing == 'instances' else semantics,
                   generator)

    def _transformed(self, mixed: Tensor,
                     ) -> tuple[Tensor, Tensor, dict[str, Tensor], Tensor | None]:
        """Return z, the teacher's depth of it, the parts of L_G and L_G (None without G)."""
        if 'transformation' not in self.networks:
            with torch.no_grad():
                return mixed, self.teacher(mixed), {}, None
        z = self.networks['transformation'](mixed)
        with self._statistics.recorded() as terms:
            depth_z = self.teacher(z)
        l_bn = torch.stack(terms).sum()
        l_rec = self._reduce((mixed - z.float()).abs())
        return z, depth_z, {'l_bn': l_bn, 'l_rec': l_rec}, self._alpha * l_bn + self._beta * l_rec

    def _student_losses(self, seen: list[Tensor], taught: list[Tensor]) -> list[Tensor]:
        # one batch, so that the student's BatchNorm learns with the statistics that it keeps
        maps = outputs(self.networks['student'], torch.cat([x.float() for x in seen]),
                       self._every_scale)
        parts = zip(*(m.split([len(x) for x in seen]) for m in maps), strict=True)
        return [taught_loss(part, depth) for part, depth in zip(parts, taught, strict=True)]
