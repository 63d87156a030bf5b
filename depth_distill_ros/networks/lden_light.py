# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
LDEN light, our addition: LDEN with a cheaper head.

With MobileNet-V2, nine tenths of LDEN's arithmetic are dense 5×5 convolutions at half resolution,
although no tap is finer than a quarter. Here the taps are fused at the size of the first tap by
depthwise-separable convolutions; only the last step is at half resolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import (
    DepthConvolution,
    conv_bn_relu,
    resize,
    twice_the_size,
)
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.confidence import ConfidenceHead, ConfidentNetwork
from depth_distill_ros.networks.lden import ChannelAttention


def _separable(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels_in, channels_in, 5, padding=2, groups=channels_in, bias=False),
        nn.BatchNorm2d(channels_in),
        *conv_bn_relu(channels_in, channels_out, 1),
    ]


class LDENLight(ConfidentNetwork):
    """
    From B×3×H×W ImageNet-normalised images to B×1×h×w metres, linear, at twice the first tap.

    The size is LDEN's, for 228×304 114×152, with an eighth of its arithmetic (MobileNet-V2). With
    `confidence` it has a ConfidenceHead.
    """

    def __init__(self, backbone: str, pretrained: bool = False, confidence: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.compress = nn.ModuleList(
            nn.Sequential(ChannelAttention(c), *conv_bn_relu(c, 16, 5))
            for c in self.encoder.channels)
        self.fuse = nn.Sequential(*_separable(64, 64), *_separable(64, 32))
        self.head = nn.Sequential(*_separable(32, 32), DepthConvolution(32, 1, 3, padding=1))
        self.confidence = ConfidenceHead(32) if confidence else None

    def features(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        maps = [resize(compress(tap), taps[0].shape[-2:])
                for compress, tap in zip(self.compress, taps, strict=True)]
        fused = self.fuse(torch.cat(maps, 1))
        return self.head[:-1](resize(fused, twice_the_size(taps[0])))
