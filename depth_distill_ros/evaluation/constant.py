# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Constant-depth baseline: one depth for every pixel, which any network has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from depth_distill_ros.datasets.opened import readable_frames
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import valid


def constant_depth(frames: Reader | Sequence[Frame]) -> float:
    """Return the median of the valid depth of all frames, metres."""
    depths = (frame.depth for _, frame in readable_frames(frames))
    known = [depth[valid(depth)] for depth in depths if depth is not None]
    if not sum(map(len, known)):
        raise DepthDistillError('no frame has a valid reference depth; give data with depth')
    return float(np.median(np.concatenate(known)))


def constant_metres(metres: float, scales: Sequence[float]) -> dict[str, float]:
    """
    Return the constants of the plain and of the median-scaled metrics, metres.

    Median scaling makes the constant the median depth of each frame.

    Args:
        metres: the constant
        scales: the median scale of each frame
    Returns:
        metric; median_scaled, the mean over the frames; least and most of them
    """
    medians = metres * np.asarray(scales)
    return {'metric': metres, 'median_scaled': float(medians.mean()),
            'least': float(medians.min()), 'most': float(medians.max())}


class ConstantDepth(nn.Module):
    """Maps images, B×3×H×W, to B×1×H×W filled with `metres`."""

    def __init__(self, metres: float) -> None:
        super().__init__()
        self.metres = metres

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x[:, :1], self.metres)
