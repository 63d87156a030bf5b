# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders cut at the four taps that the decoders read, from torchvision's classifiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.error import URLError

from torch import Tensor, nn
import torchvision

from depth_distill_ros.errors import DepthDistillError


class Encoder(nn.Module):
    """
    A stack of stages; the output of each is one tap.

    Input B×3×H×W float, ImageNet-normalised; output a list of maps at strides 4, 8, 16 and 32.
    """

    def __init__(self, stages: list[nn.Module], channels: tuple[int, ...]):
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.channels = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        taps = []
        for stage in self.stages:
            x = stage(x)
            taps.append(x)
        return taps


def _resnet_stages(net: nn.Module) -> list[nn.Module]:
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
    return [stem, net.layer2, net.layer3, net.layer4]


def _mobilenetv2_stages(net: nn.Module) -> list[nn.Module]:
    # LDEN drops the 320-channel block and the 1280-channel convolution (PAPERS: E = 1,337,792).
    ends = (0, 4, 7, 14, 17)
    return [net.features[a:b] for a, b in zip(ends, ends[1:], strict=False)]


@dataclass(frozen=True)
class _Backbone:
    make: Callable[..., nn.Module]
    cut: Callable[[nn.Module], list[nn.Module]]
    channels: tuple[int, ...]


_RESNET_SMALL = (64, 128, 256, 512)
_BACKBONES = {
    'resnet18': _Backbone(torchvision.models.resnet18, _resnet_stages, _RESNET_SMALL),
    'resnet34': _Backbone(torchvision.models.resnet34, _resnet_stages, _RESNET_SMALL),
    'mobilenetv2': _Backbone(
        torchvision.models.mobilenet_v2, _mobilenetv2_stages, (24, 32, 96, 160)),
}
BACKBONES = tuple(_BACKBONES)


def encoder(name: str, pretrained: bool = False) -> Encoder:
    """Make the encoder called `name`; with `pretrained`, its published ImageNet weights."""
    if name not in _BACKBONES:
        raise DepthDistillError(f'no backbone {name!r}; choose one of {", ".join(BACKBONES)}')
    backbone = _BACKBONES[name]
    try:
        net = backbone.make(weights='DEFAULT' if pretrained else None)
    except (URLError, OSError) as error:
        raise DepthDistillError(
            f'the ImageNet weights of {name} cannot be downloaded ({error}); connect to the '
            'internet, put them into the torch hub cache, or build without pretrained weights'
        ) from error
    return Encoder(backbone.cut(net), backbone.channels)
