# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who sees nothing and says one depth everywhere: what any network has to beat."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.depth import valid


def constant_depth(references: Iterable[np.ndarray]) -> float:
    """Return the one depth that is nearest to all of them: the median of the valid, metres."""
    known = [depth[valid(depth)] for depth in references]
    if not sum(map(len, known)):
        raise DepthDistillError('no frame has a reference depth')
    return float(np.median(np.concatenate(known)))


class ConstantDepth(nn.Module):
    """From B×3×H×W to `metres`, B×1×H×W."""

    def __init__(self, metres: float) -> None:
        super().__init__()
        self.metres = metres

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x[:, :1], self.metres)
