# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Constant-depth baseline: one depth for every pixel, which any network has to beat."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.depth import valid


def constant_depth(references: Iterable[np.ndarray]) -> float:
    """Return the median of the valid reference depths, metres."""
    known = [depth[valid(depth)] for depth in references]
    if not sum(map(len, known)):
        raise DepthDistillError('no frame has a reference depth')
    return float(np.median(np.concatenate(known)))


class ConstantDepth(nn.Module):
    """Maps images, B×3×H×W, to B×1×H×W filled with `metres`."""

    def __init__(self, metres: float) -> None:
        super().__init__()
        self.metres = metres

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x[:, :1], self.metres)
