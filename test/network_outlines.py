# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks on the meta device: names, shapes and costs without memory for the weights."""

import functools

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from depth_distill_ros.networks import build


def outline_of(make, *arguments, **options):
    """Return the network that `make` builds, on the meta device."""
    with torch.device('meta'):
        return make(*arguments, **options)


@functools.cache
def outline(name, backbone, **options):
    """Return a depth network on the meta device."""
    return outline_of(build, name, backbone, **options)


def weights(*modules):
    """Return the number of weights."""
    return sum(p.numel() for m in modules for p in m.parameters())


def batch_norms(network):
    """Return the number of BatchNorm layers."""
    return sum(isinstance(m, nn.BatchNorm2d) for m in network.modules())


def gmac(network, size=(228, 304)):
    """Return 10⁹ multiply-accumulates for one image."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.empty(1, 3, *size, device='meta'))
    return counter.get_total_flops() / 2e9
