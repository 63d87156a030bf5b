# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A depthwise convolution that trains fast on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, pad

# torch takes many times as long for the weight gradient of wider kernels on a CPU:
# docs/MEASUREMENTS.md
WIDTH = 3


class DepthwiseConvolution(torch.autograd.Function):
    """
    `apply(x, weight, stride, padding)`: conv2d with a group for each channel, in float32.

    The gradient of the weights is computed for three columns of the kernel at a time; it has no
    second derivative. `x` is B×C×H×W, `weight` a multiple of C×1×k×k′; `stride` and `padding` are
    (vertical, horizontal).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, int],
                padding: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return conv2d(x, weight, None, stride, padding, 1, x.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad[:2]
        of_x = _gradients(gradient, x, weight, ctx.stride, ctx.padding, 0) if needs_x else None
        of_weight = _of_weight(gradient, x, weight, ctx.stride, ctx.padding) \
            if needs_weight else None
        return of_x, of_weight, None, None


def _of_weight(gradient: Tensor, x: Tensor, weight: Tensor, stride: tuple[int, int],
               padding: tuple[int, int]) -> Tensor:
    # padding inside of the convolution is slow where it is more than the small maps have rows
    padded = pad(x, (padding[1], padding[1], padding[0], padding[0]))
    pieces = []
    for left in range(0, weight.shape[-1], WIDTH):
        columns = weight[..., left:left + WIDTH]
        # the columns of x that these columns of the kernel meet
        width = (gradient.shape[-1] - 1) * stride[1] + columns.shape[-1]
        met = padded[..., left:left + width]
        pieces.append(_gradients(gradient, met, columns, stride, (0, 0), 1))
    return torch.cat(pieces, -1)


def _gradients(gradient: Tensor, x: Tensor, weight: Tensor, stride: tuple[int, int],
               padding: tuple[int, int], of: int) -> Tensor:
    """Return the gradient of x (0) or of the weights (1)."""
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, None, stride, padding, (1, 1), False, (0, 0), x.shape[1],
        (of == 0, of == 1, False))[of]
