# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks, one file per architecture, and the one way to build them."""

from __future__ import annotations

from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.backbones import BACKBONES
from depth_distill_ros.networks.lden import LDEN
from depth_distill_ros.networks.transformation import TransformationNetwork

_NETWORKS = {'lden': LDEN}
NETWORKS = tuple(_NETWORKS)

__all__ = ['BACKBONES', 'LDEN', 'NETWORKS', 'TransformationNetwork', 'build']


def build(name: str, backbone: str, pretrained: bool = False) -> nn.Module:
    """Make a depth network: `name` out of NETWORKS, `backbone` out of BACKBONES."""
    if name not in _NETWORKS:
        raise DepthDistillError(f'no network {name!r}; choose one of {", ".join(NETWORKS)}')
    return _NETWORKS[name](backbone, pretrained=pretrained)
