# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A light head for LDEN's taps and attention: an addition of ours, no paper has it.

LDEN's own head spends nine tenths of the arithmetic on dense 5×5 convolutions at half resolution,
where no tap has anything finer than quarter resolution to say. Here the taps are fused at the size
of the first, by depthwise-separable convolutions, and only the last step is at half resolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import conv_bn, resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.confidence import ConfidenceHead, ConfidentNetwork
from depth_distill_ros.networks.lden import ChannelAttention


def _separable(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels_in, channels_in, 5, padding=2, groups=channels_in, bias=False),
        nn.BatchNorm2d(channels_in),
        *conv_bn(channels_in, channels_out, 1), nn.ReLU(inplace=True),
    ]


class LDENLight(ConfidentNetwork):
    """
    B×3×H×W ImageNet-normalised pictures to B×1×h×w metres: LDEN's grid, a seventh of its work.

    The output is linear, twice the size of the first tap: for 228×304 it is 114×152. With
    `confidence` it has a second head.
    """

    def __init__(self, backbone: str, pretrained: bool = False, confidence: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.compress = nn.ModuleList(
            nn.Sequential(ChannelAttention(c), *conv_bn(c, 16, 5), nn.ReLU(inplace=True))
            for c in self.encoder.channels)
        self.fuse = nn.Sequential(*_separable(64, 64), *_separable(64, 32))
        self.head = nn.Sequential(*_separable(32, 32), nn.Conv2d(32, 1, 3, padding=1))
        self.confidence = ConfidenceHead(32) if confidence else None

    def features(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        size = taps[0].shape[-2:]
        maps = [resize(compress(tap), size)
                for compress, tap in zip(self.compress, taps, strict=True)]
        fused = self.fuse(torch.cat(maps, 1))
        return self.head[:-1](resize(fused, [2 * side for side in size]))
