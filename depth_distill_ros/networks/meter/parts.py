# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What METER is made of: inverted residuals, and convolutions joined with attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.networks.blocks import conv_bn, resize
from depth_distill_ros.networks.normalisation import MEAN, STD

# Of every transformer of METER.
_HEADS, _PER_HEAD = 4, 8
_PATCH = 2


def separable(channels_in: int, channels_out: int, stride: int = 1) -> list[nn.Module]:
    """Make METER's "separable" pair, 3×3 and 1×1; the first has one group, unlike its name."""
    return [nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.Conv2d(channels_out, channels_out, 1, bias=False)]


class WhiteFrame(nn.Module):
    """
    B×3×H×W ImageNet-normalised images to the same with the white frame of NYU-v2's.

    METER's weights of NYU-v2 need it: they take their scale from its lower edge, and without it
    every depth comes out 1.7 times as large, also on NYU-v2's own images. Over an image that has
    the frame already it changes nothing.
    """

    # top, bottom and left, right, of images of 240×320 pixels; mean of the 795 training images
    _ROWS, _COLUMNS = (2.91 / 240, 2.83 / 240), (3.35 / 320, 3.92 / 320)
    _WHITE = 254 / 255

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (1 - _share(int(side), *band).to(x) for side, band in zip(
            x.shape[-2:], (self._ROWS, self._COLUMNS), strict=True))
        inside = rows[:, None] * columns
        white = x.new_tensor([(self._WHITE - m) / s for m, s in zip(MEAN, STD, strict=True)])
        return x * inside + white.view(1, 3, 1, 1) * (1 - inside)


def _share(side: int, before: float, after: float) -> Tensor:
    """Return how much of each of `side` pixels lies in two bands at the ends, 0 to 1."""
    at = torch.arange(side, dtype=torch.float64)
    return ((before * side - at).clamp(0, 1) + (at + 1 - (1 - after) * side).clamp(0, 1))


class InvertedResidual(nn.Module):
    """MobileNet-V2's block with ReLU, B×C×H×W to B×C'×⌈H/s⌉×⌈W/s⌉; its shortcut where it fits."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, expansion: int):
        super().__init__()
        hidden = channels_in * expansion
        self.body = nn.Sequential(
            *conv_bn(channels_in, hidden, 1), nn.ReLU(inplace=True),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden), nn.ReLU(inplace=True),
            *conv_bn(hidden, channels_out, 1))
        self._adds = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self._adds else self.body(x)


class Attention(nn.Module):
    """Self-attention over N of B×P×N×C, 4 heads of 8; the three projections have no bias."""

    def __init__(self, width: int):
        super().__init__()
        inner = _HEADS * _PER_HEAD
        self.project = nn.Linear(width, 3 * inner, bias=False)
        self.out = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        b, p, n, _ = x.shape
        query, key, value = self.project(x).reshape(b, p, n, 3, _HEADS, _PER_HEAD).permute(
            3, 0, 1, 4, 2, 5)
        weights = (query @ key.transpose(-1, -2) * _PER_HEAD ** -0.5).softmax(-1)
        return self.out((weights @ value).transpose(2, 3).reshape(b, p, n, -1))


class Transformer(nn.Module):
    """One pre-normalised block on B×P×N×C: attention over N, then two layers for each."""

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width))
        self.feed = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden),
                                  nn.ReLU(inplace=True), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x)
        return x + self.feed(x)


class MobileViTBlock(nn.Module):
    """
    B×C×H×W to the same shape: what is around a pixel, then what is everywhere, then both.

    Pixels at the same place of every 2×2 patch attend to each other.
    """

    def __init__(self, channels: int, width: int, hidden: int):
        super().__init__()
        self.local = nn.Sequential(*separable(channels, channels), nn.BatchNorm2d(channels),
                                   nn.ReLU(inplace=True))
        self.widen = nn.Sequential(*conv_bn(channels, width, 1), nn.ReLU(inplace=True))
        self.transformer = Transformer(width, hidden)
        self.narrow = nn.Sequential(*conv_bn(width, channels, 1), nn.ReLU(inplace=True))
        self.fuse = nn.Sequential(*separable(2 * channels, channels), nn.BatchNorm2d(channels),
                                  nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        everywhere = self.narrow(self._attended(self.widen(self.local(x))))
        return self.fuse(torch.cat((everywhere, x), 1))

    def _attended(self, x: Tensor) -> Tensor:
        sides = [int(side) for side in x.shape[-2:]]
        even = [side + side % _PATCH for side in sides]
        if even != sides:
            x = resize(x, even)
        b, c, height, width = x.shape
        rows, columns = height // _PATCH, width // _PATCH
        x = x.reshape(b, c, rows, _PATCH, columns, _PATCH).permute(0, 3, 5, 2, 4, 1)
        x = self.transformer(x.reshape(b, _PATCH * _PATCH, rows * columns, c))
        x = x.reshape(b, _PATCH, _PATCH, rows, columns, c).permute(0, 5, 3, 1, 4, 2)
        x = x.reshape(b, c, height, width)
        return x if even == sides else resize(x, sides)
