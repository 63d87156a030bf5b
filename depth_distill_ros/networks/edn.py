# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
EDN: "Deeper Depth Prediction with Fully Convolutional Residual Networks".

Laina et al., 3DV 2016: a ResNet encoder and a decoder of up-projections.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import DepthConvolution, resize, twice_the_size
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.ffn import Decoder

UPS = ('bilinear', 'unpool')


class EDN(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to B×1×h×w metres, linear, at twice the first tap.

    For 228×304 that is 114×152. `up` is how maps are enlarged: 'bilinear' to the sizes of the taps
    as in FFN, or 'unpool' as in the paper, which doubles the size of the last tap four times; the
    depth is then resized. Both have the same weights. The papers that distil EDN name neither.
    """

    def __init__(self, backbone: str, pretrained: bool = False, up: str = 'bilinear'):
        super().__init__()
        if up not in UPS:
            raise DepthDistillError(f'EDN has no up={up!r}; choose one of {", ".join(UPS)}')
        self.unpool = up == 'unpool'
        self.encoder = encoder(backbone, pretrained)
        channels = self.encoder.channels[-1]
        self.decoder = Decoder(channels)
        self.head = DepthConvolution(channels // 32, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        if not self.unpool:
            return self.head(self.decoder(taps))
        y = self.decoder.reduce(taps[-1])
        up: Any
        for up in self.decoder.ups:
            y = up.project(_unpool(y))
        return resize(self.head(y), twice_the_size(taps[0]))


def _unpool(x: Tensor) -> Tensor:
    """Double the size: each value at the top left of 2×2 pixels, the others zero."""
    b, c, h, w = x.shape
    return pad(x[:, :, :, None, :, None], (0, 1, 0, 0, 0, 1)).reshape(b, c, 2 * h, 2 * w)
