# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H of Hu et al. (WACV 2019), the terms of eq. 9 of D3: against teacher or measured depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, max_pool2d

from depth_distill_ros.errors import DepthDistillError

_SOBEL_X = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))


class NonFiniteLoss(DepthDistillError):
    """A loss became NaN or infinite; the state before it is in the last checkpoint."""


def _gradients(depth: Tensor) -> Tensor:
    """B×1×h×w to B×2×h×w: Sobel x and y, zero padding, not normalised."""
    x = torch.tensor(_SOBEL_X).to(depth, non_blocking=True)
    return conv2d(depth, torch.stack((x, x.t())).unsqueeze(1), padding=1)


def loss_h(prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """
    H(d, g) over B×1×h×w maps in metres: l_depth + l_dx + l_dy + l_normal, a scalar.

    ln(|x| + 0.5) of the depth error and of both gradient errors, and the angle between the surface
    normals (-∇x, -∇y, 1). A perfect prediction gives 3 ln 0.5. Without a `mask` (B×1×h×w bool)
    every pixel counts. With one, the depth term counts the pixels in the mask, and the gradient
    and normal terms count those whose whole 3×3 Sobel window lies in it. An empty mask gives 0.
    It is computed in float32, also under autocast.
    """
    if prediction.shape != target.shape:
        raise DepthDistillError(
            f'prediction {tuple(prediction.shape)} and target {tuple(target.shape)} differ in '
            'size; resize the target to the network output')
    # bfloat16 has steps of 16 mm at 3 m, a large part of what the gradients differ by
    with torch.autocast(prediction.device.type, enabled=False):
        return _loss_h(prediction.float(), target.float(), mask)


def _loss_h(prediction: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
    if mask is not None:
        # the convolution would spread a masked NaN to its neighbours
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


def predictions(network: Any, x: Tensor, every_scale: bool) -> list[Tensor]:
    """Return the depth maps that are trained, coarse to fine: SARPN's five, or the only one."""
    return network.scales(x) if every_scale and hasattr(network, 'scales') else [network(x)]


def teacher_loss(maps: Sequence[Tensor], teacher_depth: Tensor) -> Tensor:
    """Σ H over the maps of a student; teacher_depth (B×1×h×w metres) is resized to each."""
    return total(loss_h(m, resized(teacher_depth, m.shape[-2:])) for m in maps)


def measured_loss(maps: Sequence[Tensor], depth: Tensor) -> Tensor:
    """Σ H over the maps of a network; measured B×1×h×w metres may have holes."""
    return total(loss_h(m, *masked_target(depth, m.shape[-2:])) for m in maps)


def total(terms: Iterable[Tensor]) -> Tensor:
    """Return the sum of the terms of a loss."""
    return cast(Tensor, sum(terms))


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the values in a mask of their shape, 0 for an empty mask."""
    return torch.where(mask, values, 0).sum() / mask.sum().clamp(min=1)


def masked_target(depth: Tensor, size: Sequence[int]) -> tuple[Tensor, Tensor | None]:
    """
    Resize B×1×H×W measured metres; return them with the mask of the finite and positive ones.

    Each pixel has the depth of the nearest one, so that sparse depth, such as a lidar's, is not
    lost beside its holes. The mask is None where all are valid; on a GPU, which nothing waits for,
    it is always there.
    """
    rows, columns = (torch.linspace(0, old - 1, new, device=depth.device).round().long()
                     for old, new in zip(depth.shape[-2:], size, strict=True))
    depth = depth[..., rows[:, None], columns]
    mask = depth.isfinite() & (depth > 0)
    depth = torch.where(mask, depth, 0)
    return depth, None if mask.device.type == 'cpu' and mask.all() else mask


def resized(depth: Tensor, size: Sequence[int]) -> Tensor:
    """Resize B×1×H×W metres bilinearly with aligned corners, as the networks do."""
    if depth.shape[-2:] == tuple(size):
        return depth
    return interpolate(depth.float(), list(size), mode='bilinear', align_corners=True)
