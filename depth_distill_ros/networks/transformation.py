# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The transformation network G of D3 (section 5.1.3).

DRN-D-22 encoder, three up-projections, and symmetric concatenated skip connections.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu


def _conv(channels_in: int, channels_out: int, kernel: int, stride: int = 1,
          dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    return [
        nn.Conv2d(channels_in, channels_out, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(channels_out),
    ]


class _BasicBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            *_conv(channels_in, channels_out, 3, stride, dilation), nn.ReLU(inplace=True),
            *_conv(channels_out, channels_out, 3, 1, dilation))
        same = stride == 1 and channels_in == channels_out
        # The stride is taken by subsampling: the same function as a strided 1×1 convolution, whose
        # channels-last backward pass corrupts memory on CPUs (seen with torch 2.15, 8 channels).
        self.shortcut = nn.Identity() if same else nn.Sequential(
            nn.MaxPool2d(1, stride), *_conv(channels_in, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.body(x) + self.shortcut(x))


class _UpProjection(nn.Module):
    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.body = nn.Sequential(
            *_conv(channels_in, channels_out, 5), nn.ReLU(inplace=True),
            *_conv(channels_out, channels_out, 3))
        self.shortcut = nn.Sequential(*_conv(channels_in, channels_out, 5))

    def forward(self, x: Tensor, size: torch.Size) -> Tensor:
        x = interpolate(x, size, mode='bilinear', align_corners=True)
        return relu(self.body(x) + self.shortcut(x))


class TransformationNetwork(nn.Module):
    """
    B×3×H×W ImageNet-normalised pictures to pictures of the same size and space.

    `width` scales every channel count (1.0 has 25,773,347 weights and costs 125 GMAC at 228×304;
    cost goes with its square). With `residual` the network adds to its input and starts as the
    identity, so that distillation gets usable pictures from its first step on.
    """

    def __init__(self, width: float = 1.0, residual: bool = False):
        super().__init__()
        self.residual = residual

        def scaled(channels: int) -> int:
            return channels if width == 1.0 else max(8, 8 * round(channels * width / 8))

        c16, c32, c64, c128, c256, c512 = (scaled(c) for c in (16, 32, 64, 128, 256, 512))
        self.at_full = nn.Sequential(
            *_conv(3, c16, 7), nn.ReLU(inplace=True), *_conv(c16, c16, 3), nn.ReLU(inplace=True))
        self.at_half = nn.Sequential(*_conv(c16, c32, 3, stride=2), nn.ReLU(inplace=True))
        self.at_quarter = nn.Sequential(_BasicBlock(c32, c64, stride=2), _BasicBlock(c64, c64))
        self.at_eighth = nn.Sequential(
            _BasicBlock(c64, c128, stride=2), _BasicBlock(c128, c128),
            _BasicBlock(c128, c256, dilation=2), _BasicBlock(c256, c256, dilation=2),
            _BasicBlock(c256, c512, dilation=4), _BasicBlock(c512, c512, dilation=4),
            *_conv(c512, c512, 3, dilation=2), nn.ReLU(inplace=True),
            *_conv(c512, c512, 3), nn.ReLU(inplace=True))
        self.up_quarter = _UpProjection(c512, c256)
        self.up_half = _UpProjection(c256 + c64, c128)
        self.up_full = _UpProjection(c128 + c32, c64)
        self.out = nn.Conv2d(c64 + c16, 3, 3, padding=1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_out))
        nn.init.zeros_(self.out.bias)
        if self.residual:
            nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        full = self.at_full(x)
        half = self.at_half(full)
        quarter = self.at_quarter(half)
        y = self.up_quarter(self.at_eighth(quarter), quarter.shape[-2:])
        y = self.up_half(torch.cat((y, quarter), 1), half.shape[-2:])
        y = self.up_full(torch.cat((y, half), 1), full.shape[-2:])
        y = self.out(torch.cat((y, full), 1))
        return x + y if self.residual else y
