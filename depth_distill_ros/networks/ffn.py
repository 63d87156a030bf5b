# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
FFN, the network of "Revisiting Single Image Depth Estimation".

Hu et al., WACV 2019: an encoder, a decoder of up-projections (D), a fusion of all encoder taps
(MFF), and a refinement of both (R).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import (
    DepthConvolution,
    UpProjection,
    conv_bn,
    conv_bn_relu,
    twice_the_size,
)
from depth_distill_ros.networks.checks import check_images


class Decoder(nn.Module):
    """
    D: from the last tap, F channels, to F/32 channels at twice the size of the first tap.

    Of the other taps only the sizes are used.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.reduce = nn.Sequential(*conv_bn(channels, channels // 2, 1))
        self.ups = nn.ModuleList(
            UpProjection(channels // k, channels // (2 * k)) for k in (2, 4, 8, 16))

    def forward(self, taps: list[Tensor]) -> Tensor:
        sizes = [tap.shape[-2:] for tap in taps[-2::-1]] + [twice_the_size(taps[0])]
        y = relu(self.reduce(taps[-1]))
        for up, size in zip(self.ups, sizes, strict=True):
            y = up(y, size)
        return y


class FFN(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to B×1×h×w metres, linear, at twice the first tap.

    For 228×304 that is 114×152.
    """

    def __init__(self, backbone: str, pretrained: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        channels = self.encoder.channels
        self.decoder = Decoder(channels[-1])
        self.gather = nn.ModuleList(UpProjection(c, 16) for c in channels)
        self.fuse = nn.Sequential(*conv_bn_relu(64, 64, 5))
        n = 64 + channels[-1] // 32
        self.refine = nn.Sequential(
            *conv_bn_relu(n, n, 5), *conv_bn_relu(n, n, 5), DepthConvolution(n, 1, 5, padding=2))

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        size = twice_the_size(taps[0])
        fused = self.fuse(torch.cat(
            [up(tap, size) for up, tap in zip(self.gather, taps, strict=True)], 1))
        return self.refine(torch.cat((self.decoder(taps), fused), 1))
