# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of DACNN from other papers: ASPP (DeepLab), AP-NonLocal (ANN), correlation (FlowNet)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, pad

from depth_distill_ros.networks.blocks import conv_bn

_POOLED_SIDES = (1, 3, 6, 8)


def correlation(left: Tensor, right: Tensor, displacements: int = 25) -> Tensor:
    """
    From B×C×H×W features of a rectified pair to B×D×H×W: channel d is mean_c f_l(x) · f_r(x - d).

    Features left of the right image's edge are zero. At 1/8 of the image's size, a displacement of
    24 is 192 pixels.
    """
    width = left.shape[-1]
    right = pad(right, (displacements - 1, 0))
    shifted = (right[..., displacements - 1 - d:displacements - 1 - d + width]
               for d in range(displacements))
    return torch.stack([(left * part).mean(1) for part in shifted], 1)


class ASPP(nn.Module):
    """A 1×1 and three 3×3 convolutions of dilation 6, 12 and 18 in parallel, merged by a 1×1."""

    def __init__(self, channels_in: int, channels: int = 256):
        super().__init__()
        branches = [conv_bn(channels_in, channels, 1)] + [
            conv_bn(channels_in, channels, 3, dilation=d) for d in (6, 12, 18)]
        self.branches = nn.ModuleList(
            nn.Sequential(*layers, nn.ReLU(inplace=True)) for layers in branches)
        self.merge = nn.Sequential(*conv_bn(4 * channels, channels, 1), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        return self.merge(torch.cat([branch(x) for branch in self.branches], 1))


class APNonLocal(nn.Module):
    """
    Asymmetric pyramid non-local block, C to C channels: each pixel attends to 110 pooled ones.

    The weights of its attention start at zero; the input is concatenated to it.
    """

    def __init__(self, channels: int, dropout: float = 0.05):
        super().__init__()
        half = channels // 2
        self.query = nn.Sequential(*conv_bn(channels, half, 1), nn.ReLU(inplace=True))
        self.value = nn.Conv2d(channels, half, 1)
        self.attended = nn.Conv2d(half, channels, 1)
        for zero in self.attended.parameters():
            nn.init.zeros_(zero)
        self.merge = nn.Sequential(
            *conv_bn(2 * channels, channels, 1), nn.ReLU(inplace=True), nn.Dropout2d(dropout))

    def forward(self, x: Tensor) -> Tensor:
        query, value = self.query(x), self.value(x)
        keys, values = (torch.cat([adaptive_avg_pool2d(m, side).flatten(2)
                                   for side in _POOLED_SIDES], 2) for m in (query, value))
        weights = torch.softmax(
            query.flatten(2).transpose(1, 2) @ keys / query.shape[1] ** 0.5, -1)
        context = (weights @ values.transpose(1, 2)).transpose(1, 2).unflatten(2, x.shape[-2:])
        return self.merge(torch.cat((self.attended(context), x), 1))
