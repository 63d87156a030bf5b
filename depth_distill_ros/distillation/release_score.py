# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a student is, told from held-out stream frames and the teacher alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Pictures
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics

_MIXING_SEED = 1

# B×3×H×W pictures, each with the teacher's B×1×h×w metres
Taught = list[tuple[Tensor, Tensor]]


class Judge:
    """Compares a student's depth with the teacher's on stream frames that never train."""

    def __init__(self, teacher: nn.Module, transformation: nn.Module | None, compute: Compute):
        self._teacher, self._transformation, self._compute = teacher, transformation, compute

    @torch.no_grad()
    def pictures(self, batch: Pictures) -> tuple[Tensor, Tensor, Tensor]:
        """Return x′, x̂′ and G(x̂′), without G x̂′ again, always mixed the same way."""
        x, semantics = batch.x, batch.semantics
        mixed = mix(x, semantics, torch.Generator().manual_seed(_MIXING_SEED))
        if self._transformation is None:
            return x, mixed, mixed
        self._transformation.eval()
        with self._compute.autocast():
            return x, mixed, self._transformation(mixed).float()

    @torch.no_grad()
    def taught(self, batch: Pictures) -> Taught:
        """Return the plain and the transformed pictures with the teacher's depth."""
        x, _, z = self.pictures(batch)
        with self._compute.autocast():
            return [(pictures, self._teacher(pictures).float()) for pictures in (x, z)]

    def score(self, student: nn.Module, taught: Taught) -> dict[str, float]:
        """Return mean metrics of the student against the teacher, plain and transformed frames."""
        student.eval()
        return self._compare(
            taught, lambda pictures, depth: resized(student(pictures), depth.shape[-2:]))

    def blind_score(self, taught: Taught) -> dict[str, float]:
        """Return the same of who sees nothing and says the teacher's median depth everywhere."""
        return self._compare(taught, lambda pictures, depth: depth.median().expand_as(depth))

    @torch.no_grad()
    def _compare(self, taught: Taught,
                 answer: Callable[[Tensor, Tensor], Tensor]) -> dict[str, float]:
        window = MetricsWindow()
        for pictures, depth in taught:
            with self._compute.autocast():
                learnt = answer(pictures, depth).float()
            for g, p in zip(depth[:, 0].cpu().numpy(), learnt[:, 0].cpu().numpy(), strict=True):
                window.add(depth_metrics(p, g))
        return window.summary()
