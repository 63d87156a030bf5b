# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
SARPN, "Structure-Aware Residual Pyramid Network for Monocular Depth Estimation".

Chen et al., IJCAI 2019: at each of five scales all encoder taps are fused, and from the coarsest
scale to the finest a depth map is refined by residuals.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import UpProjection, conv_bn, resize
from depth_distill_ros.networks.checks import check_images


def _conv_relu(channels_in: int, channels_out: int, kernel: int = 3) -> list[nn.Module]:
    return [*conv_bn(channels_in, channels_out, kernel), nn.ReLU(inplace=True)]


def _to_depth(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        *_conv_relu(channels_in, channels), nn.Conv2d(channels, 1, 3, padding=1, bias=False))


class _Fusion(nn.Module):
    """All taps at one size (ADFF of the paper, one scale)."""

    def __init__(self, taps: tuple[int, ...], gathered: int, fused: int):
        super().__init__()
        self.ups = nn.ModuleList(UpProjection(c, gathered // len(taps)) for c in taps)
        self.merge = nn.Sequential(*_conv_relu(gathered, fused))

    def forward(self, taps: list[Tensor], size: torch.Size) -> Tensor:
        return self.merge(torch.cat(
            [up(tap, size) for up, tap in zip(self.ups, taps, strict=True)], 1))


class _Refinement(nn.Module):
    """A depth map plus what three convolutions make of it (RRM of the paper)."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            *_conv_relu(1, width), *_conv_relu(width, width), nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, depth: Tensor) -> Tensor:
        return depth + self.body(depth)


class SARPN(nn.Module):
    """
    B×3×H×W ImageNet-normalised pictures to B×1×h×w metres, h×w half of H×W, rounded up.

    `scales` gives all five maps, coarse to fine: for 228×304 8×10, 15×19, 29×38, 57×76 and
    114×152. All are linear.
    """

    def __init__(self, backbone: str, pretrained: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained, stem=True)
        taps = self.encoder.channels
        # per scale, coarse to fine: channels gathered from all taps, channels after the fusion
        gathered = [(1280 if taps[-1] == 2048 else 640) >> k for k in range(5)]
        widths = [taps[-1] >> k for k in range(1, 6)]
        self.reduce = nn.Sequential(*_conv_relu(taps[-1], widths[0], 1))
        self.fuse = nn.ModuleList(
            _Fusion(taps, a, p) for a, p in zip(gathered, widths, strict=True))
        self.to_depth = nn.ModuleList(
            _to_depth(inputs, p) for inputs, p in zip(
                [taps[-1], *widths[1:]], widths, strict=True))
        self.refine = nn.ModuleList(_Refinement(p // 2) for p in widths)

    def forward(self, x: Tensor) -> Tensor:
        return self.scales(x)[-1]

    def scales(self, x: Tensor) -> list[Tensor]:
        """Return the depth at all five scales, coarse to fine, B×1×h×w metres each."""
        check_images(self, x)
        taps = self.encoder(x)
        depths: list[Tensor] = []
        for fuse, to_depth, refine, tap in zip(
                self.fuse, self.to_depth, self.refine, reversed(taps), strict=True):
            fused, size = fuse(taps, tap.shape[-2:]), tap.shape[-2:]
            if not depths:
                depth = to_depth(torch.cat((self.reduce(tap), fused), 1))
            else:
                depth = resize(depths[-1], size) + to_depth(fused)
            depths.append(refine(depth))
        return depths
