# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a student is, told from held-out stream frames and the teacher alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics
from depth_distill_ros.networks.normalisation import to_input

_MIXING_SEED = 1


class Judge:
    """Compares a student's depth with the teacher's on stream frames that never train."""

    def __init__(self, teacher: nn.Module, transformation: nn.Module, compute: Compute):
        self._teacher, self._transformation, self._compute = teacher, transformation, compute

    @torch.no_grad()
    def pictures(self, batch) -> tuple[Tensor, Tensor, Tensor]:
        """x′, x̂′ and G(x̂′) of a stream Batch, always mixed the same way."""
        x = to_input(torch.from_numpy(batch.images).to(self._compute.device))
        semantics = torch.from_numpy(batch.semantics).to(self._compute.device)
        mixed = mix(x, semantics, torch.Generator().manual_seed(_MIXING_SEED))
        self._transformation.eval()
        with self._compute.autocast():
            return x, mixed, self._transformation(mixed).float()

    @torch.no_grad()
    def score(self, student: nn.Module, batch) -> dict[str, float]:
        """Mean metrics of the student against the teacher, over plain and transformed frames."""
        student.eval()
        x, _, z = self.pictures(batch)
        window = MetricsWindow(2 * len(x))
        for pictures in (x, z):
            with self._compute.autocast():
                taught, learnt = self._teacher(pictures).float(), student(pictures).float()
            for g, p in zip(taught[:, 0].cpu().numpy(), learnt[:, 0].cpu().numpy(), strict=True):
                window.add(depth_metrics(p, g))
        return window.summary()
