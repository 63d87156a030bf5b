# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
SARPN, "Structure-Aware Residual Pyramid Network for Monocular Depth Estimation".

Chen et al., IJCAI 2019: all encoder taps are fused at each of five scales (ADFF), and a depth map
is refined by residuals (RRM) from the coarsest scale to the finest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import DepthConvolution, UpProjection, conv_bn_relu, resize
from depth_distill_ros.networks.checks import check_images


def _to_depth(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        *conv_bn_relu(channels_in, channels, 3),
        DepthConvolution(channels, 1, 3, padding=1, bias=False))


class _Fusion(nn.Module):
    """ADFF at one scale: all taps, resized, to one map."""

    def __init__(self, taps: tuple[int, ...], gathered: int, fused: int):
        super().__init__()
        self.ups = nn.ModuleList(UpProjection(c, gathered // len(taps)) for c in taps)
        self.merge = nn.Sequential(*conv_bn_relu(gathered, fused, 3))

    def forward(self, taps: list[Tensor], size: torch.Size) -> Tensor:
        return self.merge(torch.cat(
            [up(tap, size) for up, tap in zip(self.ups, taps, strict=True)], 1))


class _Refinement(nn.Module):
    """RRM: a B×1×h×w depth map plus a residual of three convolutions."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn_relu(1, width, 3), *conv_bn_relu(width, width, 3),
            DepthConvolution(width, 1, 3, padding=1))

    def forward(self, depth: Tensor) -> Tensor:
        return depth + self.body(depth)


class SARPN(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to B×1×h×w metres, linear, at half of H×W, rounded up.

    `scales` returns the depth at all five scales: for 228×304 8×10, 15×19, 29×38, 57×76, 114×152.
    """

    def __init__(self, backbone: str, pretrained: bool = False):
        super().__init__()
        self.encoder = encoder(backbone, pretrained, stem=True)
        taps = self.encoder.channels
        # for each scale, coarse to fine: channels gathered from all taps, and after the fusion
        gathered = [(1280 if taps[-1] == 2048 else 640) >> k for k in range(5)]
        widths = [taps[-1] >> k for k in range(1, 6)]
        self.reduce = nn.Sequential(*conv_bn_relu(taps[-1], widths[0], 1))
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
