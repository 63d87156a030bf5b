# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks, one file per architecture; `build` makes every depth network."""

from __future__ import annotations

from collections.abc import Callable
import inspect
from typing import Any

from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.backbones import BACKBONES, imagenet_is_installed
from depth_distill_ros.networks.dacnn.dacnn import DACNN, StereoDACNN
from depth_distill_ros.networks.edn import EDN
from depth_distill_ros.networks.ffn import FFN
from depth_distill_ros.networks.lden import LDEN
from depth_distill_ros.networks.lden_light import LDENLight
from depth_distill_ros.networks.meter import METER
from depth_distill_ros.networks.sarpn import SARPN
from depth_distill_ros.networks.transformation import TransformationNetwork
from depth_distill_ros.networks.transformation_light import LightTransformationNetwork
from depth_distill_ros.settings.names import NETWORKS, STEREO

_CLASSES: dict[str, Callable[..., nn.Module]] = {
    'lden': LDEN, 'lden_light': LDENLight, 'edn': EDN, 'ffn': FFN, 'sarpn': SARPN, 'meter': METER,
    'dacnn': DACNN, STEREO: StereoDACNN}
# G of D3 by form, to be called with the settings g_width and g_residual
TRANSFORMATIONS: dict[str, Callable[..., nn.Module]] = {
    'paper': TransformationNetwork, 'light': LightTransformationNetwork}

__all__ = ['BACKBONES', 'NETWORKS', 'TRANSFORMATIONS', 'backbones_of', 'build',
           'imagenet_is_installed']


def build(name: str, backbone: str | None = None, pretrained: bool = False,
          **options: Any) -> nn.Module:
    """
    Build the depth network `name`, one of NETWORKS, with random weights.

    Args:
        backbone: one of backbones_of(name); the first by default
        pretrained: whether the encoder has its published ImageNet weights
        options: further arguments of the network's class
    Raises:
        DepthDistillError: an unknown name, backbone or option
    """
    backbones = backbones_of(name)
    backbone = backbone or backbones[0]
    if backbone not in backbones:
        raise DepthDistillError(
            f'{name} has no backbone {backbone!r}; choose one of {", ".join(backbones)}')
    make = _CLASSES[name]
    known = inspect.signature(make).parameters.keys() - {'backbone', 'pretrained'}
    for option in options:
        if option not in known:
            raise DepthDistillError(
                f'{name} has no option {option!r}; it has {", ".join(sorted(known)) or "none"}')
    return make(backbone, pretrained=pretrained, **options)


def backbones_of(name: str) -> tuple[str, ...]:
    """Return the backbones of the network `name`, the default first."""
    if name not in NETWORKS:
        raise DepthDistillError(f'no network {name!r}; choose one of {", ".join(NETWORKS)}')
    return NETWORKS[name]
