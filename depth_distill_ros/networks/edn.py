# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EDN, the encoder-decoder network of Laina et al. (3DV 2016): a ResNet and up-projections."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.ffn import Decoder

UPS = ('bilinear', 'unpool')


class EDN(nn.Module):
    """
    B×3×H×W ImageNet-normalised pictures to B×1×h×w metres, twice the size of the first tap.

    For 228×304 that is 114×152. The output is linear. `up` is how maps grow, with the same weights
    either way: 'bilinear' to the sizes of the taps as in FFN, or by Laina's own 'unpool', which
    doubles the size of the last tap four times and fits the depth in the end. (The papers that
    distil EDN do not say which.)
    """

    def __init__(self, backbone: str, pretrained: bool = False, up: str = 'bilinear'):
        super().__init__()
        if up not in UPS:
            raise DepthDistillError(f'EDN has no up {up!r}; choose one of {", ".join(UPS)}')
        self.unpool = up == 'unpool'
        self.encoder = encoder(backbone, pretrained)
        channels = self.encoder.channels[-1]
        self.decoder = Decoder(channels)
        self.head = nn.Conv2d(channels // 32, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x)
        taps = self.encoder(x)
        if not self.unpool:
            return self.head(self.decoder(taps))
        y = self.decoder.reduce(taps[-1])
        up: Any
        for up in self.decoder.ups:
            y = up.project(_unpool(y))
        return resize(self.head(y), [2 * side for side in taps[0].shape[-2:]])


def _unpool(x: Tensor) -> Tensor:
    """Double the size: each value at the top left of its 2×2 pixels, the others zero."""
    b, c, h, w = x.shape
    return pad(x[:, :, :, None, :, None], (0, 1, 0, 0, 0, 1)).reshape(b, c, 2 * h, 2 * w)
