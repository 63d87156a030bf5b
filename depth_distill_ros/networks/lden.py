# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
LDEN, the network of "Boosting LightWeight Depth Estimation via Knowledge Distillation".

Hu et al., KSEM 2023: attention and compression on four encoder taps, fusion at half resolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import conv_bn, resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.confidence import ConfidenceHead, ConfidentNetwork


def _conv5(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [*conv_bn(channels_in, channels_out, 5), nn.ReLU(inplace=True)]


class ChannelAttention(nn.Module):
    """Weigh the channels by what their means say: squeeze and excitation, without biases."""

    def __init__(self, channels: int):
        super().__init__()
        hidden = channels // 16
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


class LDEN(ConfidentNetwork):
    """
    B×3×H×W ImageNet-normalised pictures to B×1×h×w metres, h×w about half of H×W.

    The output is linear: no activation, no scale. For 228×304 it is 114×152; in general twice the
    size of the first tap. With `confidence` it has a second head.
    """

    def __init__(self, backbone: str, pretrained: bool = False, confidence: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.compress = nn.ModuleList(
            nn.Sequential(ChannelAttention(c), *_conv5(c, 16)) for c in self.encoder.channels)
        self.fuse = nn.Sequential(*_conv5(64, 64))
        self.head = nn.Sequential(*_conv5(64, 64), nn.Conv2d(64, 1, 5, padding=2))
        self.confidence = ConfidenceHead(64) if confidence else None

    def features(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        size = [2 * s for s in taps[0].shape[-2:]]
        maps = [resize(compress(tap), size)
                for compress, tap in zip(self.compress, taps, strict=True)]
        return self.head[:-1](self.fuse(torch.cat(maps, 1)))
