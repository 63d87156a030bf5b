# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
LDEN, the network of "Boosting LightWeight Depth Estimation via Knowledge Distillation".

Hu et al., KSEM 2023 (arXiv 2105.06143), section 3: attention and compression of four encoder
taps, and their fusion at half resolution.
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

_COMPRESSED = 16  # channels of each tap
_FUSED = 64  # channels of four


class ChannelAttention(nn.Module):
    """Squeeze and excitation without biases: B×C×h×w weighted by a function of its means."""

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
    From B×3×H×W ImageNet-normalised images to B×1×h×w metres, linear, at twice the first tap.

    For 228×304 that is 114×152. With `confidence` it has a ConfidenceHead.
    """

    def __init__(self, backbone: str, pretrained: bool = False, confidence: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.compress = nn.ModuleList(
            nn.Sequential(ChannelAttention(c), *conv_bn_relu(c, _COMPRESSED, 5))
            for c in self.encoder.channels)
        self.fuse = nn.Sequential(*conv_bn_relu(_FUSED, _FUSED, 5))
        self.head = nn.Sequential(
            *conv_bn_relu(_FUSED, _FUSED, 5), DepthConvolution(_FUSED, 1, 5, padding=2))
        self.confidence = ConfidenceHead(_FUSED) if confidence else None

    def features(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        size = twice_the_size(taps[0])
        maps = [resize(compress(tap), size)
                for compress, tap in zip(self.compress, taps, strict=True)]
        return self.head[:-1](self.fuse(torch.cat(maps, 1)))
