# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of releases: a student is released if it agrees better with the teacher."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batch
from depth_distill_ros.distillation.data.teacher_depth import BUDGET, TeacherDepth
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.distillation.release_folders import ReleaseRecord
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics
from depth_distill_ros.networks.model_folder import load_model

_MIXING_SEED = 1

# B×3×H×W images, each with the teacher's B×1×h×w metres
TeacherTargets = list[tuple[Tensor, Tensor]]


class ReleaseEvaluator:
    """
    Compares the depth of students with teacher depth, on plain and on transformed frames.

    Attributes:
        last_attempt: delta1 of the student last considered and the one to beat; None before any
    """

    def __init__(self, teacher: nn.Module, transformation: nn.Module | None, compute: Compute):
        self._teacher, self._transformation, self._compute = teacher, transformation, compute
        # the same frames come again and again
        self._plain_depth, self._robots_depth = (
            TeacherDepth(teacher, BUDGET // 8) for _ in range(2))
        self.last_attempt: tuple[float, float] | None = None

    @torch.no_grad()
    def inputs(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return x′, x̂′ and G(x̂′) (x̂′ again without G); the same batch is mixed the same way."""
        x, semantics = batch.x, batch.semantics
        mixed = mix(x, semantics, torch.Generator().manual_seed(_MIXING_SEED))
        if self._transformation is None:
            return x, mixed, mixed
        self._transformation.eval()
        with self._compute.autocast():
            return x, mixed, self._transformation(mixed).float()

    @torch.no_grad()
    def targets(self, batch: Batch) -> TeacherTargets:
        """Return the plain and the transformed images with their teacher depth."""
        x, _, z = self.inputs(batch)
        with self._compute.autocast():
            return [(x, self._plain_depth(batch)), (z, self._teacher(z).float())]

    @torch.no_grad()
    def plain_targets(self, batch: Batch) -> TeacherTargets:
        """Return the images of the robot's camera, which are never transformed, likewise."""
        with self._compute.autocast():
            return [(batch.x, self._robots_depth(batch))]

    def score(self, student: nn.Module, targets: TeacherTargets) -> dict[str, float]:
        """Return the mean metrics of a student against the teacher."""
        student.eval()
        return self._compare(
            targets, lambda images, depth: resized(student(images), depth.shape[-2:]))

    def should_release(self, score: dict[str, float], targets: TeacherTargets,
                       previous: ReleaseRecord | None) -> bool:
        """
        Return whether a student with this score on `targets` replaces the previous release.

        The first release must beat the constant-depth baseline, so that no robot navigates by
        noise.
        """
        if previous is None:
            best = self.constant_depth_score(targets)['delta1']
        else:
            released, _ = load_model(previous.folder)
            released.to(self._compute.device).to(memory_format=torch.channels_last)
            best = self.score(released, targets)['delta1']
        self.last_attempt = score['delta1'], best
        return is_better(score, best)

    def constant_depth_score(self, targets: TeacherTargets) -> dict[str, float]:
        """Return the same metrics of the constant-depth baseline, the teacher's median depth."""
        return self._compare(targets, lambda images, depth: depth.median().expand_as(depth))

    @torch.no_grad()
    def _compare(self, targets: TeacherTargets,
                 predict: Callable[[Tensor, Tensor], Tensor]) -> dict[str, float]:
        window = MetricsWindow()
        for images, depth in targets:
            with self._compute.autocast():
                predicted = predict(images, depth).float()
            for g, p in zip(depth[:, 0].cpu().numpy(), predicted[:, 0].cpu().numpy(), strict=True):
                window.add(depth_metrics(p, g))
        return window.summary()


def is_better(score: dict[str, float], best: float | None) -> bool:
    """Return whether a student scores higher in delta1 than the best one so far, if any."""
    return best is None or score['delta1'] > best
