# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3, dense depth distillation with out-of-distribution simulated images: algorithm 1."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.augmentation import Augmentation
from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics, Statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch, Batches
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepths
from depth_distill_ros.distillation.losses import predictions, teacher_loss, total
from depth_distill_ros.distillation.methods.curriculum import MIXED, PLAIN, TRANSFORMED, Curriculum
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.distillation.mixing import instances, mix
from depth_distill_ros.distillation.transformation_loss import TransformationLoss
from depth_distill_ros.settings.distillation import StreamMethodSettings


class D3:
    """
    A frozen teacher N_t, a student N_s and a transformation network G.

    Auxiliary images, where there are some, are neither mixed nor transformed.

    Args:
        transformation: G; None: the student is trained on x̂′ in place of G(x̂′)
        options: the switches; their defaults are algorithm 1 to the letter
        statistics: that G fits, in place of those of the teacher's BatchNorm layers
    """

    def __init__(self, teacher: nn.Module, student: nn.Module, transformation: nn.Module | None,
                 compute: Compute, options: StreamMethodSettings,
                 statistics: Statistics | None = None):
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks = {'student': student}
        self._statistics: FeatureStatistics | None = None
        if transformation is not None:
            self.networks['transformation'] = transformation
            self._statistics = FeatureStatistics(teacher, statistics, options.bn_weight)
            self._loss_of_g = TransformationLoss(
                teacher, self._statistics, options.alpha, options.beta, options.rec_reduction)
        self.needs = {STREAM: () if options.mixing == 'none' else ('semantics',)}
        self._teacher_depths = TeacherDepths(teacher, compute, (STREAM, AUXILIARY))
        self._compute, self._options = compute, options
        self._joint = options.g_trains_on == 'own_and_student'
        self._curriculum = Curriculum(options.curriculum, options.curriculum_steps,
                                      MIXED if transformation is None else TRANSFORMED)
        self._augmentation = Augmentation(options.augmentation, options.augmentation_after)
        self._transformed = 0  # steps

    @property
    def mixes(self) -> bool:
        """Whether the steps train on mixed or transformed images now, beside the plain ones."""
        changes = self.needs[STREAM] or 'transformation' in self.networks
        return bool(changes) and self._curriculum.stage != PLAIN

    def prepare(self, batches: Batches) -> None:
        """Ask the teacher for the depth of the next images, unless they are changed first."""
        if not self._augmentation.begun:
            self._teacher_depths.prepare(batches)

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        """Make one iteration of algorithm 1, or of an earlier stage of the curriculum."""
        batches = self._augmentation(batches, generator)
        losses: dict[str, Tensor] = {}
        loss_g: Tensor | None = None
        with self._compute.autocast():
            # images and teacher depth of each term of eq. 9
            shown = {'loss_plain': (batches[STREAM].x,
                                    self._teacher_depths(STREAM, batches[STREAM]))}
            if self._curriculum.stage != PLAIN:
                mixed = self._mixed(batches[STREAM], generator)  # x̂′, eq. 5
                z, depth_z, loss_g, losses = self._seen(mixed)
                if loss_g is not None and not self._joint:
                    # before the student's pass: frees the graph through the teacher
                    update(loss_g, 'transformation')
                    z, depth_z = z.detach(), depth_z.detach()
                shown['loss_transformed'] = z, depth_z
            if AUXILIARY in batches:
                shown['loss_auxiliary'] = (batches[AUXILIARY].x,
                                           self._teacher_depths(AUXILIARY, batches[AUXILIARY]))
            terms = self._student_terms(list(shown.values()))
            loss_student = total(terms)  # eq. 9
            if loss_g is not None and self._joint:
                update(loss_student + loss_g, 'student', 'transformation')  # eq. 10
            else:
                update(loss_student, 'student')
        self._curriculum.add(terms[0])
        losses |= {'loss_student': loss_student, **dict(zip(shown, terms, strict=True))}
        return {name: value.detach() for name, value in losses.items()}

    def _seen(self, mixed: Tensor) -> tuple[Tensor, Tensor, Tensor | None, dict[str, Tensor]]:
        """
        Return z and its teacher depth, the loss of G and its terms.

        z is G(x̂′), or x̂′ itself where there is no G yet. In a step without an update of G there
        is no graph and no loss.
        """
        if self._curriculum.stage == MIXED:
            with torch.no_grad():
                return mixed, self.teacher(mixed), None, {}
        g, self._transformed = self.networks['transformation'], self._transformed + 1
        if (self._transformed - 1) % self._options.g_every:
            with torch.no_grad():
                z = g(mixed)
                return z, self.teacher(z), None, {}
        z = g(mixed)  # z = G(x̂′)
        loss_g, depth_z, losses = self._loss_of_g(z, mixed)  # eq. 6 to 8
        return z, depth_z, loss_g, losses

    def _mixed(self, stream: Batch, generator: torch.Generator) -> Tensor:
        count = max(2, round(self._options.mixed_share * len(stream.x)))
        x = stream.x[:count]  # the order of a batch is random
        if self._options.mixing == 'none':
            return x
        semantics = stream.semantics[:count]
        labels = instances(semantics) if self._options.mixing == 'instances' else semantics
        return mix(x, labels, generator)

    def _student_terms(self, shown: list[tuple[Tensor, Tensor]]) -> list[Tensor]:
        """Return H(N_s(x), N_t(x)) for each kind of input."""
        # one batch, so that the student's BatchNorm trains with the statistics that it stores
        maps = predictions(self.networks['student'], torch.cat([x.float() for x, _ in shown]),
                           self._options.every_scale)
        parts = zip(*(m.split([len(x) for x, _ in shown]) for m in maps), strict=True)
        return [teacher_loss(part, depth)
                for part, (_, depth) in zip(parts, shown, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        return {'curriculum': self._curriculum.state_dict(), 'transformed': self._transformed,
                'augmentation': self._augmentation.state_dict(),
                'statistics': self._statistics.state_dict() if self._statistics else {}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._curriculum.load_state_dict(state['curriculum'])
        self._transformed = state['transformed']
        if 'augmentation' in state:  # earlier versions had it from the first step on, or never
            self._augmentation.load_state_dict(state['augmentation'])
        if self._statistics:
            self._statistics.load_state_dict(state['statistics'])
