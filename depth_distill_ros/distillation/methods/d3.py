# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3, dense depth distillation with out-of-distribution simulated images: algorithm 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.augmentation import augmented
from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics, Statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Batches
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepth
from depth_distill_ros.distillation.losses import predictions, teacher_loss, total
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.mixing import instances, mix
from depth_distill_ros.distillation.transformation_loss import TransformationLoss
from depth_distill_ros.settings.distillation import StreamMethodSettings as Default


class D3:
    """
    A frozen teacher N_t, a student N_s and a transformation network G.

    Auxiliary images, where there are some, are neither mixed nor transformed.

    Args:
        transformation: G; None: the student is trained on x̂′ in place of G(x̂′)
        alpha, beta, rec_reduction: of TransformationLoss
        g_trains_on: 'own': G is trained on eq. 8 alone; 'own_and_student': eq. 9 reaches G too
            (eq. 10 as printed)
        mixing: whether 'classes' or 'instances' are mixed; 'none': G transforms x′ itself
        statistics: that G fits, in place of those of the teacher's BatchNorm layers
        every_scale: train a student with several scales at each of them
        augmentation: strength of the random camera augmentation of all images; 0: none
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, transformation: nn.Module | None,
                 compute: Compute, alpha: float = Default.alpha, beta: float = Default.beta,
                 g_trains_on: str = Default.g_trains_on, mixing: str = Default.mixing,
                 rec_reduction: str = Default.rec_reduction,
                 statistics: Statistics | None = None,
                 every_scale: bool = Default.every_scale,
                 augmentation: float = Default.augmentation):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        if transformation is not None:
            self.networks['transformation'] = transformation
            self._loss_of_g = TransformationLoss(
                teacher, FeatureStatistics(teacher, statistics), alpha, beta, rec_reduction)
        self.needs = {STREAM: () if mixing == 'none' else ('semantics',)}
        self._teacher_depth = {name: TeacherDepth(teacher) for name in (STREAM, AUXILIARY)}
        self._compute, self._mixing, self._every_scale = compute, mixing, every_scale
        self._joint = g_trains_on == 'own_and_student'
        self._augmentation = augmentation

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        """Make one iteration of algorithm 1."""
        if self._augmentation:
            batches = augmented(batches, self._augmentation, generator)
        x = batches[STREAM].x
        mixed = self._mixed(batches[STREAM], generator)  # x̂′, eq. 5
        with self._compute.autocast():
            if 'transformation' in self.networks:
                z = self.networks['transformation'](mixed)  # z = G(x̂′)
                loss_g, depth_z, losses = self._loss_of_g(z, mixed)  # eq. 6 to 8
                if not self._joint:
                    # before the student's pass: frees the graph through the teacher
                    update(loss_g, 'transformation')
                    z, depth_z = z.detach(), depth_z.detach()
            else:
                z, losses = mixed, {}
                with torch.no_grad():
                    depth_z = self.teacher(z)
            inputs, targets = [x, z], [self._teacher_depth[STREAM](batches[STREAM]), depth_z]
            if AUXILIARY in batches:
                inputs.append(batches[AUXILIARY].x)
                targets.append(self._teacher_depth[AUXILIARY](batches[AUXILIARY]))
            terms = self._student_terms(inputs, targets)
            loss_student = total(terms)  # eq. 9
            if self._joint and 'transformation' in self.networks:
                update(loss_student + loss_g, 'student', 'transformation')  # eq. 10
            else:
                update(loss_student, 'student')
        names = ('loss_plain', 'loss_transformed', 'loss_auxiliary')
        losses |= {'loss_student': loss_student, **dict(zip(names, terms, strict=False))}
        return {name: value.detach() for name, value in losses.items()}

    def _mixed(self, stream: Batch, generator: torch.Generator) -> Tensor:
        if self._mixing == 'none':
            return stream.x
        labels = instances(stream.semantics) if self._mixing == 'instances' else stream.semantics
        return mix(stream.x, labels, generator)

    def _student_terms(self, inputs: list[Tensor], targets: list[Tensor]) -> list[Tensor]:
        """Return H(N_s(x), N_t(x)) for each kind of input."""
        # one batch, so that the student's BatchNorm trains with the statistics that it stores
        maps = predictions(self.networks['student'], torch.cat([x.float() for x in inputs]),
                           self._every_scale)
        parts = zip(*(m.split([len(x) for x in inputs]) for m in maps), strict=True)
        return [teacher_loss(part, depth) for part, depth in zip(parts, targets, strict=True)]
