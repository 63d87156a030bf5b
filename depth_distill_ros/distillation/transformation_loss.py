# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss of G (eq. 8): l_BN (eq. 6 and 7) and the reconstruction l_rec."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics


class TransformationLoss:
    """
    L_G = α·l_BN + β·l_rec (eq. 8), with l_rec = ‖z - x̂′‖₁ as a 'mean' or a 'sum'.

    The paper does not state the reduction of l_rec.
    """

    def __init__(self, teacher: nn.Module, statistics: FeatureStatistics, alpha: float,
                 beta: float, rec_reduction: str):
        self._teacher, self.statistics = teacher, statistics
        self._alpha, self._beta = alpha, beta
        self._reduce = torch.mean if rec_reduction == 'mean' else torch.sum

    def __call__(self, z: Tensor, mixed: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """
        Return L_G, the teacher depth of z and the two terms.

        One pass of the teacher yields both the depth and the statistics; both keep their graph.
        """
        with self.statistics.recorded() as terms:
            depth_z = self._teacher(z)
        l_bn = torch.stack(terms).sum()
        l_rec = self._reduce((mixed - z.float()).abs())
        return self._alpha * l_bn + self._beta * l_rec, depth_z, {'l_bn': l_bn, 'l_rec': l_rec}
