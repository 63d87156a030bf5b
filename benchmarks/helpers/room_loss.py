# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss of networks of real rooms."""

import torch
from torch import Tensor

_NEAREST, _FARTHEST = 0.2, 12.0  # metres that are trained


def log_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of log depth and of its gradients at distances of 1, 2 and 4."""
    valid = (target > _NEAREST) & (target < _FARTHEST)
    error = torch.where(valid, prediction.clamp(min=0.05).log() - target.clamp(min=0.05).log(), 0)
    total = error.abs().sum() / valid.sum()
    for far in (1, 2, 4):
        for axis in (-1, -2):
            pieces = error.size(axis) - far
            both = valid.narrow(axis, far, pieces) & valid.narrow(axis, 0, pieces)
            change = error.narrow(axis, far, pieces) - error.narrow(axis, 0, pieces)
            total = total + (change.abs() * both).sum() / both.sum() / 3
    return total
