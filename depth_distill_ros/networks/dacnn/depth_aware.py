# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The depth-aware convolution of DACNN (eq. 2).

A dilated 3×3 convolution whose taps are weighted by the similarity of a guidance map at the tap
and at the centre, with the kernel of pixel-adaptive convolutions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad
from torch.utils.checkpoint import checkpoint


def depth_aware_conv2d(features: Tensor, guidance: Tensor, weight: Tensor,
                       bias: Tensor | None = None, dilation: int = 1) -> Tensor:
    """
    f′(p) = Σ_o w(o) · K(g(p), g(p + o)) · f(p + o), K = exp(-½‖g(p) - g(p + o)‖²).

    The offsets o are {-d, 0, d}² for the dilation d; features outside the map are zero. K is the
    same for all channels, is not normalised, and is 1 at the centre.

    The taps are computed one after the other, and again in the backward pass, so that the nine
    weighted copies of the features, as with unfolding, are never in memory at once.

    Args:
        features: B×C×H×W
        guidance: B×G×H×W
        weight: C′×C×3×3
        bias: C′, or None
    Returns:
        B×C′×H×W
    """
    d, (height, width) = dilation, features.shape[-2:]
    # never in half precision, because differences are squared
    guidance = guidance.to(torch.promote_types(guidance.dtype, torch.float32))
    around, guide = (pad(t, (d, d, d, d)) for t in (features, guidance))

    def tap(around: Tensor, guide: Tensor, weight: Tensor, row: int, column: int) -> Tensor:
        part = (..., slice(row * d, row * d + height), slice(column * d, column * d + width))
        if (row, column) == (1, 1):
            weighted = around[part]
        else:
            centre = guide[..., d:d + height, d:d + width]
            distance = (centre - guide[part]).square().sum(1, keepdim=True)
            weighted = around[part] * torch.exp(-0.5 * distance).to(around.dtype)
        return conv2d(weighted, weight[..., row, column, None, None])

    training = torch.is_grad_enabled() and any(
        t.requires_grad for t in (features, guidance, weight))
    result: Any = 0
    for row in range(3):
        for column in range(3):
            arguments = around, guide, weight, row, column
            result = result + (
                checkpoint(tap, *arguments, use_reentrant=False, preserve_rng_state=False)
                if training else tap(*arguments))
    return result if bias is None else result + bias.to(result.dtype).view(1, -1, 1, 1)


class DepthAwareConv2d(nn.Module):
    """depth_aware_conv2d as a layer; its weights are initialised as those of nn.Conv2d."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1,
                 bias: bool = False):
        super().__init__()
        ordinary = nn.Conv2d(channels_in, channels_out, 3, bias=bias)
        self.weight, self.bias, self.dilation = ordinary.weight, ordinary.bias, dilation

    def forward(self, features: Tensor, guidance: Tensor) -> Tensor:
        return depth_aware_conv2d(features, guidance, self.weight, self.bias, self.dilation)


class _Ordinary(nn.Conv2d):
    """A dilated convolution that ignores the guidance (the paper's ablation)."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int):
        super().__init__(channels_in, channels_out, 3, padding=dilation, dilation=dilation,
                         bias=False)

    def forward(self, features: Tensor, guidance: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(features)


class DepthAwareBlock(nn.Module):
    """
    Four depth-aware convolutions of dilation 1, 6, 12 and 18, concatenated, and a 1×1 convolution.

    Without `depth_aware` they are ordinary convolutions with as many weights.
    """

    def __init__(self, channels_in: int, channels_out: int, depth_aware: bool = True):
        super().__init__()
        kind = DepthAwareConv2d if depth_aware else _Ordinary
        self.branches = nn.ModuleList(
            kind(channels_in, channels_out // 4, dilation=d) for d in (1, 6, 12, 18))
        self.merge = nn.Conv2d(channels_out, channels_out, 1)

    def forward(self, features: Tensor, guidance: Tensor) -> Tensor:
        return self.merge(torch.cat([b(features, guidance) for b in self.branches], 1))
