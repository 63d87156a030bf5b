# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H of Hu et al. (WACV 2019): depth, gradient and normal terms; eq. 9 of D3 uses it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from depth_distill_ros.errors import DepthDistillError

_SOBEL_X = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))


class NonFiniteLoss(DepthDistillError):
    """A loss became NaN or infinite; the state before it is in the last checkpoint."""


def _gradients(depth: Tensor) -> Tensor:
    """B×1×h×w to B×2×h×w: Sobel x and y, zero padding, not normalised."""
    x = depth.new_tensor(_SOBEL_X)
    return conv2d(depth, torch.stack((x, x.t())).unsqueeze(1), padding=1)


def loss_h(prediction: Tensor, target: Tensor) -> Tensor:
    """
    H(d, g) over B×1×h×w maps in metres: l_depth + l_dx + l_dy + l_normal, a scalar.

    F(x) = ln(|x| + 0.5) on the depth error and on both gradient errors, and the angle between the
    surface normals (-∇x, -∇y, 1). Every pixel counts. A perfect prediction gives 3 ln 0.5.
    """
    if prediction.shape != target.shape:
        raise DepthDistillError(
            f'prediction {tuple(prediction.shape)} and target {tuple(target.shape)} differ in '
            'size; resize the target to the network output')
    prediction, target = prediction.float(), target.float()
    grad_d, grad_g = _gradients(prediction), _gradients(target)
    l_depth = torch.log((prediction - target).abs() + 0.5).mean()
    l_dx, l_dy = torch.log((grad_d - grad_g).abs() + 0.5).mean((0, 2, 3))
    dot = (grad_d * grad_g).sum(1) + 1
    norms = (grad_d.square().sum(1) + 1).sqrt() * (grad_g.square().sum(1) + 1).sqrt()
    l_normal = (1 - dot / norms).abs().mean()
    return l_depth + l_dx + l_dy + l_normal
