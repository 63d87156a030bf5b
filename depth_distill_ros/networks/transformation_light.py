# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
G light, our addition: a cheaper transformation network for robots.

The three 5×5 up-projections of D3's G take 107 of its 125 GMAC. Here channels are reduced before a
map is enlarged, and one 3×3 convolution at each size reads the skip connection. Most arithmetic is
in the dilated body at an eighth of the size. (Depthwise-separable convolutions have two thirds of
the arithmetic and train no faster.)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from depth_distill_ros.networks.blocks import BasicBlock, conv_bn, resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.transformation import bounded, initialise, scaled


class _Up(nn.Module):
    """Reduce a map, resize it to the skip connection, and add a function of both."""

    def __init__(self, channels_in: int, channels_skip: int, channels_out: int):
        super().__init__()
        self.reduce = nn.Sequential(*conv_bn(channels_in, channels_out, 1))
        self.merge = nn.Sequential(*conv_bn(channels_out + channels_skip, channels_out, 3))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y = resize(self.reduce(x), skip.shape[-2:])
        return relu(y + self.merge(torch.cat((y, skip), 1)))


class LightTransformationNetwork(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to images of the same size and space.

    `width`, `residual` and `bound` are those of TransformationNetwork. At width 1 it costs 6.8
    GMAC at 228×304, an eighteenth of that.
    """

    def __init__(self, width: float, residual: bool, bound: float = 0.0):
        super().__init__()
        self.residual, self.bound = residual, bound
        c16, c32, c64, c128, c256 = (scaled(c, width) for c in (16, 32, 64, 128, 256))
        self.at_full = nn.Sequential(*conv_bn(3, c16, 7), nn.ReLU(inplace=True))
        self.at_half = nn.Sequential(*conv_bn(c16, c32, 3, stride=2), nn.ReLU(inplace=True))
        self.at_quarter = BasicBlock(c32, c64, stride=2)
        self.at_eighth = nn.Sequential(
            BasicBlock(c64, c128, stride=2),
            BasicBlock(c128, c256, dilation=2), BasicBlock(c256, c256, dilation=4),
            *conv_bn(c256, c256, 3, dilation=2), nn.ReLU(inplace=True))
        self.up_quarter = _Up(c256, c64, c128)
        self.up_half = _Up(c128, c32, c64)
        self.up_full = _Up(c64, c16, c32)
        self.out = nn.Conv2d(c32 + c16, 3, 3, padding=1)
        initialise(self, self.out, residual)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        full = self.at_full(x)
        half = self.at_half(full)
        quarter = self.at_quarter(half)
        y = self.up_quarter(self.at_eighth(quarter), quarter)
        y = self.up_half(y, half)
        y = self.up_full(y, full)
        y = self.out(torch.cat((y, full), 1))
        return x + bounded(y, self.bound) if self.residual else y
