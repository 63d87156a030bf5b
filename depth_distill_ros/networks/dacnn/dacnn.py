# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
DACNN, "Learning Depth from Single Image Using Depth-Aware Convolution and Stereo Knowledge".

Wu et al., ICIP 2020: a stereo teacher and a monocular student with the same decoder. The paper
shows widths and wiring in a figure only; these give its 42.63 and 42.72 million weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import DepthConvolution, conv_bn, resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.dacnn.depth_aware import DepthAwareBlock
from depth_distill_ros.networks.dacnn.parts import ASPP, APNonLocal, correlation

_DISPLACEMENTS = 25  # of the correlation
_GUIDANCE = 32  # channels


def _conv3(channels_in: int, channels_out: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=bias)


class _Guidance(nn.Module):
    """The guidance g_1, g_2 and g_3, 32 channels each, at 1/8, 1/4 and 1/2 of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.ModuleList((
            _conv3(256, 128, False), _conv3(128, 64, False), _conv3(64, 64, False)))
        self.heads = nn.ModuleList(_conv3(c, _GUIDANCE, False) for c in (128, 64, 64))

    def forward(self, x: Tensor, sizes: list[torch.Size]) -> list[Tensor]:
        maps = []
        for conv, head, size in zip(self.trunk, self.heads, sizes, strict=True):
            x = relu(conv(resize(x, size)))
            maps.append(head(x))
        return maps


class _Decoder(nn.Module):
    """Depth-aware blocks from 1/8 to the full size, with the encoder's first two taps."""

    def __init__(self, depth_aware: bool):
        super().__init__()
        self.guidance = _Guidance()
        self.blocks = nn.ModuleList((
            DepthAwareBlock(256, 256, depth_aware), DepthAwareBlock(128 + 256, 128, depth_aware),
            DepthAwareBlock(64 + 64, 32, depth_aware)))
        self.ups = nn.ModuleList((_conv3(256, 128), _conv3(128, 64), _conv3(32, 64)))
        self.depth = DepthConvolution(64, 1, 3, padding=1)

    def forward(self, x: Tensor, stem: Tensor, stage: Tensor, size: torch.Size,
                ) -> tuple[Tensor, list[Tensor]]:
        sizes = [x.shape[-2:], stage.shape[-2:], stem.shape[-2:]]
        guidance = self.guidance(x, sizes)
        for block, up, g, skip, larger in zip(
                self.blocks, self.ups, guidance, (stage, stem, None), (*sizes[1:], size),
                strict=True):
            x = relu(up(resize(block(x, g), larger)))
            if skip is not None:
                x = torch.cat((x, skip), 1)
        return self.depth(x), guidance


class DACNN(nn.Module):
    """
    The monocular student: from B×3×H×W ImageNet-normalised images to B×1×H×W metres.

    Without `depth_aware` the decoder has ordinary convolutions (the paper's ablation).
    """

    def __init__(self, backbone: str, pretrained: bool = False,
                 depth_aware: bool = True):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.aspp = ASPP(self.encoder.channels[-1])
        self.context = APNonLocal(256)
        self.decoder = _Decoder(depth_aware)

    def forward(self, x: Tensor) -> Tensor:
        return self.with_guidance(x)[0]

    def with_guidance(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the depth and the guidance g_1, g_2, g_3, B×32×h×w each, coarse to fine."""
        check_images(self, x)
        stem, stage, *_, last = self.encoder(x)
        return self.decoder(self.context(self.aspp(last)), stem, stage, x.shape[-2:])


class StereoDACNN(nn.Module):
    """
    The stereo teacher: from a rectified pair of B×3×H×W normalised images to B×1×H×W metres.

    Both images pass through one encoder. The decoder reads the left image's features and their
    correlation with the right image's.
    """

    def __init__(self, backbone: str, pretrained: bool = False,
                 depth_aware: bool = True):
        super().__init__()
        self.encoder = encoder(backbone, pretrained)
        self.aspp = ASPP(self.encoder.channels[-1])
        self.matches = nn.Sequential(*conv_bn(_DISPLACEMENTS, 128, 3))
        self.own = nn.Sequential(*conv_bn(256, 128, 3))
        self.decoder = _Decoder(depth_aware)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.with_guidance(left, right)[0]

    def with_guidance(self, left: Tensor, right: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the left image's depth and the guidance, as DACNN does."""
        check_images(self, left)
        if left.shape != right.shape:
            raise DepthDistillError(
                f'the images of a stereo pair have one size, got {tuple(left.shape)} and '
                f'{tuple(right.shape)}; crop both alike')
        stem, stage, *_, last = self.encoder(torch.cat((left, right)))
        f_left, f_right = self.aspp(last).chunk(2)
        x = torch.cat((self.matches(correlation(f_left, f_right, _DISPLACEMENTS)),
                       self.own(f_left)), 1)
        return self.decoder(x, stem[:len(left)], stage[:len(left)], left.shape[-2:])
