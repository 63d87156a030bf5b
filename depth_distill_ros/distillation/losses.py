# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H of Hu et al. (WACV 2019): depth, gradient and normal terms; eq. 9 of D3 uses it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, max_pool2d

from depth_distill_ros.errors import DepthDistillError

_SOBEL_X = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))


class NonFiniteLoss(DepthDistillError):
    """A loss became NaN or infinite; the state before it is in the last checkpoint."""


def _gradients(depth: Tensor) -> Tensor:
    """B×1×h×w to B×2×h×w: Sobel x and y, zero padding, not normalised."""
    x = depth.new_tensor(_SOBEL_X)
    return conv2d(depth, torch.stack((x, x.t())).unsqueeze(1), padding=1)


def loss_h(prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """
    H(d, g) over B×1×h×w maps in metres: l_depth + l_dx + l_dy + l_normal, a scalar.

    F(x) = ln(|x| + 0.5) on the depth error and on both gradient errors, and the angle between the
    surface normals (-∇x, -∇y, 1). A perfect prediction gives 3 ln 0.5. Every pixel counts, or
    those of `mask` (B×1×h×w bool); the gradient and normal terms then need all nine pixels that
    they are made of. A target without any pixel in the mask gives 0.
    """
    if prediction.shape != target.shape:
        raise DepthDistillError(
            f'prediction {tuple(prediction.shape)} and target {tuple(target.shape)} differ in '
            'size; resize the target to the network output')
    prediction, target = prediction.float(), target.float()
    if mask is not None:
        # what is masked must not reach its neighbours as NaN through the convolution
        target = torch.where(mask, target, 0)
    grad_d, grad_g = _gradients(prediction), _gradients(target)
    l_depth = torch.log((prediction - target).abs() + 0.5)
    l_gradient = torch.log((grad_d - grad_g).abs() + 0.5)
    dot = (grad_d * grad_g).sum(1) + 1
    norms = (grad_d.square().sum(1) + 1).sqrt() * (grad_g.square().sum(1) + 1).sqrt()
    l_normal = (1 - dot / norms).abs()
    if mask is None:
        return l_depth.mean() + l_gradient.mean((0, 2, 3)).sum() + l_normal.mean()
    whole = -max_pool2d(-mask.float(), 3, 1, 1) > 0
    per_pixel = l_gradient.sum(1, keepdim=True) + l_normal.unsqueeze(1)
    return mean_over(l_depth, mask) + mean_over(per_pixel, whole)


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the values in a mask of their shape, 0 for an empty one."""
    return torch.where(mask, values, 0).sum() / mask.sum().clamp(min=1)


def masked_target(depth: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor | None]:
    """
    Bring B×1×H×W measured metres to `size`, with the mask of what is finite and positive.

    A pixel that a hole has a part in is a hole. The mask is None where there is no hole.
    """
    depth = resized(torch.where(depth > 0, depth, torch.nan), size)
    mask = depth.isfinite()
    return depth, None if mask.all() else mask


def resized(depth: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring B×1×H×W metres to `size`, bilinear on the grid of the networks."""
    if depth.shape[-2:] == tuple(size):
        return depth
    return interpolate(depth.float(), size, mode='bilinear', align_corners=True)
