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
from depth_distill_ros.networks.blocks import DepthConvolution, conv_bn, resize
from depth_distill_ros.networks.checks import check_images
from depth_distill_ros.networks.normalisation import MEAN, STD, hold


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
    white: Tensor

    def __init__(self) -> None:
        super().__init__()
        hold(self, white=[(self._WHITE - m) / s for m, s in zip(MEAN, STD, strict=True)])

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (1 - _share(int(side), *band, x.device).to(x) for side, band in zip(
            x.shape[-2:], (self._ROWS, self._COLUMNS), strict=True))
        inside = rows[:, None] * columns
        return x * inside + self.white * (1 - inside)


def _share(side: int, before: float, after: float, device: torch.device) -> Tensor:
    """Return how much of each of `side` pixels lies in two bands at the ends, 0 to 1."""
    at = torch.arange(side, dtype=torch.float64, device=device)
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

    def __init__(self, backbone: str, pretrained: bool = False, frame: bool = False):
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
        self.head = DepthConvolution(size.decoder[-1], 1, 3, padding=1, bias=False)

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
