# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
G, the transformation network of D3 (arXiv 2208.12464, section 5.1.3).

A DRN-D-22 encoder, three up-projections, and symmetric skip connections by concatenation.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.blocks import BasicBlock, UpProjection, conv_bn
from depth_distill_ros.networks.checks import check_images


def scaled(channels: int, width: float) -> int:
    """Return `width` times the channels, as a multiple of eight unless `width` is 1."""
    return channels if width == 1.0 else max(8, 8 * round(channels * width / 8))


def initialise(network: nn.Module, out: nn.Conv2d, residual: bool) -> None:
    """Draw random weights; the last convolution, `out`, of a residual network starts at zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
            nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_out))
    if out.bias is not None:
        nn.init.zeros_(out.bias)
    if residual:
        nn.init.zeros_(out.weight)


def bounded(change: Tensor, bound: float) -> Tensor:
    """Return what a residual G adds to its image, each value within ±`bound`; 0: no limit."""
    return bound * torch.tanh(change / bound) if bound else change


class TransformationNetwork(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to images of the same size and space.

    `width` scales all channel counts: 1.0 has 25,773,347 weights and costs 125 GMAC at 228×304;
    both grow with its square. With `residual` the network adds to its input and starts as the
    identity, so that the first steps of distillation already have usable images. `bound` limits
    what it adds (see `bounded`).
    """

    def __init__(self, width: float, residual: bool, bound: float = 0.0):
        super().__init__()
        self.residual, self.bound = residual, bound

        c16, c32, c64, c128, c256, c512 = (
            scaled(c, width) for c in (16, 32, 64, 128, 256, 512))
        self.at_full = nn.Sequential(
            *conv_bn(3, c16, 7), nn.ReLU(inplace=True),
            *conv_bn(c16, c16, 3), nn.ReLU(inplace=True))
        self.at_half = nn.Sequential(*conv_bn(c16, c32, 3, stride=2), nn.ReLU(inplace=True))
        self.at_quarter = nn.Sequential(BasicBlock(c32, c64, stride=2), BasicBlock(c64, c64))
        self.at_eighth = nn.Sequential(
            BasicBlock(c64, c128, stride=2), BasicBlock(c128, c128),
            BasicBlock(c128, c256, dilation=2), BasicBlock(c256, c256, dilation=2),
            BasicBlock(c256, c512, dilation=4), BasicBlock(c512, c512, dilation=4),
            *conv_bn(c512, c512, 3, dilation=2), nn.ReLU(inplace=True),
            *conv_bn(c512, c512, 3), nn.ReLU(inplace=True))
        self.up_quarter = UpProjection(c512, c256)
        self.up_half = UpProjection(c256 + c64, c128)
        self.up_full = UpProjection(c128 + c32, c64)
        self.out = nn.Conv2d(c64 + c16, 3, 3, padding=1)
        initialise(self, self.out, residual)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        full = self.at_full(x)
        half = self.at_half(full)
        quarter = self.at_quarter(half)
        y = self.up_quarter(self.at_eighth(quarter), quarter.shape[-2:])
        y = self.up_half(torch.cat((y, quarter), 1), half.shape[-2:])
        y = self.up_full(torch.cat((y, half), 1), full.shape[-2:])
        y = self.out(torch.cat((y, full), 1))
        return x + bounded(y, self.bound) if self.residual else y
