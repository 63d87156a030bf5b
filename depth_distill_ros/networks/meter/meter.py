# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
METER, a small depth network of convolutions and attention, as a teacher with public weights.

Papa, Russo, Amerini, "METER: a mobile vision transformer architecture for monocular depth
estimation", IEEE TCSVT 2023. Written anew; what the paper leaves open (which convolutions are
grouped, which taps are skips) follows the shapes of its public weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.blocks import conv_bn
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.meter.parts import (
    InvertedResidual,
    MobileViTBlock,
    WhiteFrame,
    separable,
)


@dataclass(frozen=True)
class _Size:
    # at strides 2, 2, 4, 8, 16, 32, and what leaves the encoder
    channels: tuple[int, int, int, int, int, int, int]
    expansion: int
    # of the three transformers, at strides 8, 16, 32
    widths: tuple[int, int, int]
    # of the decoder at strides 32, 16, 8, 4
    decoder: tuple[int, int, int, int]


SIZES = {
    'xxs': _Size((16, 16, 24, 48, 64, 80, 160), 2, (64, 80, 96), (64, 32, 16, 8)),
    'xs': _Size((16, 32, 48, 64, 80, 96, 192), 4, (96, 120, 144), (128, 64, 32, 16)),
    's': _Size((16, 32, 64, 96, 128, 160, 320), 4, (144, 192, 240), (128, 64, 32, 16)),
}
# how much wider than the transformer its hidden layer is
_HIDDEN = (2, 4, 4)


class _Up(nn.Module):
    """B×C×h×w and a skip of twice the size to twice the size: transposed 3×3, then separable."""

    def __init__(self, channels_in: int, channels_out: int, skip: int):
        super().__init__()
        self.transposed = nn.ConvTranspose2d(
            channels_in, channels_out, 3, 2, padding=1, output_padding=1, bias=False)
        self.merge = nn.Sequential(
            *separable(channels_out + skip, channels_out), nn.ReLU(inplace=True))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        height, width = skip.shape[-2:]
        # one row or column less where the skip's side is odd
        x = self.transposed(x)[..., :height, :width]
        return self.merge(torch.cat((x, skip), 1))


class METER(nn.Module):
    """
    B×3×H×W ImageNet-normalised images to B×1×⌈H/4⌉×⌈W/4⌉ metres, linear; its paper: 192×256.

    `backbone` is the size of the whole network: 'xxs', 'xs' or 's'. With `frame` the network
    paints NYU-v2's white frame over its input (see WhiteFrame), as the authors' weights need.
    Attention joins patches of 2×2, so maps with an odd side are resized to the next even one
    around it; none is where H and W are multiples of 64. Raises DepthDistillError for an unknown
    size, and for `pretrained`, because ImageNet weights of METER are not published.
    """

    def __init__(self, backbone: str = 'xxs', pretrained: bool = False, frame: bool = False):
        super().__init__()
        if backbone not in SIZES:
            raise DepthDistillError(
                f'METER has no size {backbone!r}; choose one of {", ".join(SIZES)}')
        if pretrained:
            raise DepthDistillError('METER has no ImageNet weights; build it without pretrained '
                                    'ones, or import those of its authors')
        size = SIZES[backbone]
        half, first, quarter, eighth, sixteenth, last, out = size.channels
        mixers = [MobileViTBlock(channels, width, width * hidden) for channels, width, hidden
                  in zip((eighth, sixteenth, last), size.widths, _HIDDEN, strict=True)]
        wide = size.expansion
        self.frame = WhiteFrame() if frame else None
        self.stages = nn.ModuleList([
            nn.Sequential(
                nn.Sequential(*separable(3, half, 2), nn.BatchNorm2d(half), nn.ReLU(inplace=True)),
                InvertedResidual(half, first, 1, wide), InvertedResidual(first, quarter, 2, wide)),
            nn.Sequential(
                InvertedResidual(quarter, quarter, 1, wide),
                InvertedResidual(quarter, quarter, 1, wide),
                InvertedResidual(quarter, eighth, 2, wide)),
            nn.Sequential(mixers[0], InvertedResidual(eighth, sixteenth, 2, wide)),
            nn.Sequential(
                mixers[1], InvertedResidual(sixteenth, last, 2, wide), mixers[2],
                nn.Sequential(*conv_bn(last, out, 1), nn.ReLU(inplace=True))),
        ])
        self.squeeze = nn.Conv2d(out, size.decoder[0], 1, bias=False)
        self.ups = nn.ModuleList(
            _Up(a, b, skip) for a, b, skip in zip(
                size.decoder[:-1], size.decoder[1:], (sixteenth, eighth, quarter), strict=True))
        self.head = nn.Conv2d(size.decoder[-1], 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        *skips, x = self._encoded(x if self.frame is None else self.frame(x))
        x = self.squeeze(x)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return self.head(x)

    def _encoded(self, x: Tensor) -> list[Tensor]:
        taps = []
        for stage in self.stages:
            x = stage(x)
            taps.append(x)
        return taps
