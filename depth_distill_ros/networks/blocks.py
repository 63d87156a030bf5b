# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Building blocks of several networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, relu

_CHANNELS = 16


def resize(x: Tensor, size: Sequence[int]) -> Tensor:
    """Resize B×C×h×w maps bilinearly to `size` (height, width), with aligned corners."""
    # as in PyTorch 0.3, with which the authors' networks were trained; no longer the default
    return interpolate(x, size, mode='bilinear', align_corners=True)


class DilatedConvolution(nn.Conv2d):
    """
    A dilated convolution whose gradient is right in bfloat16 on CPUs, too.

    There torch 2.14 leaves a part of the weight gradient unset, channels last, if the input
    channels are no multiple of 16. Channels of zeros make them one.
    """

    def forward(self, x: Tensor) -> Tensor:
        missing = -self.in_channels % _CHANNELS
        if not missing or x.device.type != 'cpu':
            return super().forward(x)
        zeros = (0, 0, 0, 0, 0, missing)
        return self._conv_forward(pad(x, zeros), pad(self.weight, zeros), self.bias)


class DepthConvolution(nn.Conv2d):
    """
    A convolution that gives depth: B×C×h×w features to B×1×h×w metres.

    It keeps the precision of its weights under the autocast of a CPU or a CUDA device, because
    bfloat16 has steps of 16 mm at 3 m.
    """

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast('cuda' if x.is_cuda else 'cpu', enabled=False):
            # the cast would be a node of an exported graph
            same = x.dtype == self.weight.dtype
            return super().forward(x if same else x.to(self.weight.dtype))


def conv_bn(channels_in: int, channels_out: int, kernel: int, stride: int = 1,
            dilation: int = 1) -> list[nn.Module]:
    """Make a bias-free convolution, which divides the size by `stride` only, and its BatchNorm."""
    padding = dilation * (kernel // 2)
    kind = nn.Conv2d if dilation == 1 else DilatedConvolution
    return [
        kind(channels_in, channels_out, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(channels_out),
    ]


def conv_bn_relu(channels_in: int, channels_out: int, kernel: int) -> list[nn.Module]:
    """Make a convolution with BatchNorm and ReLU that keeps the size."""
    return [*conv_bn(channels_in, channels_out, kernel), nn.ReLU(inplace=True)]


def twice_the_size(x: Tensor) -> list[int]:
    """Return twice the (height, width) of B×C×h×w maps."""
    return [2 * side for side in x.shape[-2:]]


class BasicBlock(nn.Module):
    """The residual block of ResNet-18 and DRN: two 3×3 convolutions with the same dilation."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn(channels_in, channels_out, 3, stride, dilation), nn.ReLU(inplace=True),
            *conv_bn(channels_out, channels_out, 3, 1, dilation))
        same = stride == 1 and channels_in == channels_out
        # Subsampling in place of a strided 1×1 convolution: the same function, but the
        # channels-last backward pass of that corrupts memory on CPUs (torch 2.15, 8 channels).
        self.shortcut = nn.Identity() if same else nn.Sequential(
            nn.MaxPool2d(1, stride), *conv_bn(channels_in, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.body(x) + self.shortcut(x))


class UpProjection(nn.Module):
    """The up-projection of Laina et al. (3DV 2016), bilinear as in Hu et al. (WACV 2019)."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn(channels_in, channels_out, 5), nn.ReLU(inplace=True),
            *conv_bn(channels_out, channels_out, 3))
        self.shortcut = nn.Sequential(*conv_bn(channels_in, channels_out, 5))

    def forward(self, x: Tensor, size: Sequence[int]) -> Tensor:
        return self.project(resize(x, size))

    def project(self, x: Tensor) -> Tensor:
        """Apply the convolutions without the resizing."""
        return relu(self.body(x) + self.shortcut(x))
