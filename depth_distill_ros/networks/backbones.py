# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders cut at the taps that the decoders read, from torchvision's and timm's classifiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
import torchvision

from depth_distill_ros.errors import DepthDistillError


class Encoder(nn.Module):
    """
    A stack of stages; the output of each is one tap.

    Input B×3×H×W float, ImageNet-normalised; output a list of maps, `channels` deep. The first
    tap is that of the first stage at stride 4, or, with `stem`, what the leading `stem` layers of
    that stage give at stride 2.
    """

    def __init__(self, stages: Sequence[nn.Module], channels: tuple[int, ...], stem: int = 0):
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.channels = channels
        self._stem = stem

    def forward(self, x: Tensor) -> list[Tensor]:
        first, *others = self.stages
        taps = []
        for i, layer in enumerate(first.children(), 1):
            x = layer(x)
            if i == self._stem:
                taps.append(x)
        taps.append(x)
        for stage in others:
            x = stage(x)
            taps.append(x)
        return taps


def _resnet_stages(net: Any) -> list[nn.Module]:
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
    return [stem, net.layer2, net.layer3, net.layer4]


def _mobilenetv2_stages(net: Any) -> list[nn.Module]:
    # LDEN drops the 320-channel block and the 1280-channel convolution (PAPERS: E = 1,337,792).
    ends = (0, 4, 7, 14, 17)
    return [net.features[a:b] for a, b in zip(ends, ends[1:], strict=False)]


def _senet_stages(net: Any) -> list[nn.Module]:
    return [nn.Sequential(net.layer0, net.pool0, net.layer1), net.layer2, net.layer3, net.layer4]


def _resnest_stages(net: Any) -> list[nn.Module]:
    # As its authors dilate it and timm does not: where the stride is gone the first block keeps
    # its 3×3 average pooling, and the shortcut, which pooled only to stride, pools no more.
    for layer in (net.layer3, net.layer4):
        layer[0].avd_last = nn.AvgPool2d(3, 1, padding=1)
        layer[0].downsample[0] = nn.Identity()
    stem = nn.Sequential(net.conv1, net.bn1, net.act1)
    return [stem, nn.Sequential(net.maxpool, net.layer1), net.layer2, net.layer3, net.layer4]


def _from_torchvision(name: str) -> Callable[[bool], nn.Module]:
    return lambda pretrained: torchvision.models.get_model(
        name, weights='DEFAULT' if pretrained else None)


def _from_timm(name: str, **options: Any) -> Callable[[bool], nn.Module]:
    def make(pretrained: bool) -> nn.Module:
        try:
            import timm
        except ImportError as error:
            raise DepthDistillError(
                f'this backbone is {name} of timm, which is not installed; pip install timm'
            ) from error
        return timm.create_model(name, pretrained=pretrained, **options)

    return make


@dataclass(frozen=True)
class _Backbone:
    make: Callable[[bool], nn.Module]
    cut: Callable[[nn.Module], list[nn.Module]]
    channels: tuple[int, ...]
    # how many layers of the first stage are the stem, and how many channels it gives
    stem: tuple[int, int] | None = None


_SMALL, _LARGE = (64, 128, 256, 512), (256, 512, 1024, 2048)
_BACKBONES = {
    'resnet18': _Backbone(_from_torchvision('resnet18'), _resnet_stages, _SMALL, (3, 64)),
    'resnet34': _Backbone(_from_torchvision('resnet34'), _resnet_stages, _SMALL, (3, 64)),
    'resnet50': _Backbone(_from_torchvision('resnet50'), _resnet_stages, _LARGE, (3, 64)),
    'mobilenetv2': _Backbone(
        _from_torchvision('mobilenet_v2'), _mobilenetv2_stages, (24, 32, 96, 160)),
    'senet154': _Backbone(_from_timm('legacy_senet154'), _senet_stages, _LARGE, (1, 128)),
    # for DACNN: the stem at stride 2 is its first stage, and stages 3 and 4 stay at stride 8
    'resnest50': _Backbone(
        _from_timm('resnest50d', output_stride=8), _resnest_stages, (64, *_LARGE)),
}
BACKBONES = tuple(_BACKBONES)


def encoder(name: str, pretrained: bool = False, stem: bool = False) -> Encoder:
    """
    Make the encoder called `name`; with `pretrained`, its published ImageNet weights.

    With `stem` what comes before the max-pooling, at stride 2, is one more tap, the first.
    """
    if name not in _BACKBONES:
        raise DepthDistillError(f'no backbone {name!r}; choose one of {", ".join(BACKBONES)}')
    backbone = _BACKBONES[name]
    if stem and backbone.stem is None:
        raise DepthDistillError(f'the backbone {name} has no tap before its first stage; '
                                'choose a ResNet or senet154')
    stages = backbone.cut(_pretrained(name, backbone) if pretrained else backbone.make(False))
    if not stem or backbone.stem is None:
        return Encoder(stages, backbone.channels)
    layers, channels = backbone.stem
    return Encoder(stages, (channels, *backbone.channels), layers)


def _pretrained(name: str, backbone: _Backbone) -> nn.Module:
    try:
        return backbone.make(True)
    except DepthDistillError:
        raise
    # torchvision raises URLError, timm whatever its own downloader of the day does
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DepthDistillError(
            f'the ImageNet weights of {name} cannot be downloaded ({reason}); connect to the '
            "internet, put them into torch's or Hugging Face's cache, or build without pretrained "
            'weights') from error
