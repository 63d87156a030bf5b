# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to build, and what each costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from depth_distill_ros.networks import NETWORKS, backbones_of, build, transformation_network

_SIZE = (228, 304)
_SIZES = {'dacnn': (256, 512), 'dacnn_stereo': (256, 512)}
_VIEWS = {'dacnn_stereo': 2}
_G_FORMS = ('paper', 'light')
# of one network, in seconds; a giant is timed once
_TIMING = 1.0


@dataclass(frozen=True)
class Entry:
    """
    One network.

    size: (height, width) of the input as in its paper; gmac: 10⁹ multiply-additions of the
    convolutions and matrix products for one such input; batch_norms: how many layers;
    milliseconds: for the same on this CPU with torch, float32, median; None where not measured.
    """

    network: str
    backbone: str
    parameters: int
    gmac: float
    batch_norms: int
    size: tuple[int, int]
    milliseconds: float | None


def entries(timed: bool = True) -> Iterator[Entry]:
    """
    Yield every network with every backbone, and both forms of G, in the order of NETWORKS.

    `timed` builds each for real, one after the other: gigabytes and minutes for the largest.
    """
    for network in NETWORKS:
        for backbone in backbones_of(network):
            yield _entry(network, backbone, partial(build, network, backbone), timed)
    for form in _G_FORMS:
        yield _entry('g', form, partial(transformation_network, form), timed)


def _entry(network: str, backbone: str, make: Callable[[], nn.Module], timed: bool) -> Entry:
    size, views = _SIZES.get(network, _SIZE), _VIEWS.get(network, 1)
    with torch.device('meta'):
        model = make().eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(*_pictures(size, views))
    return Entry(
        network, backbone, sum(p.numel() for p in model.parameters()),
        # the counter takes a multiplication and an addition for two operations
        counter.get_total_flops() / 2e9,
        sum(isinstance(m, nn.BatchNorm2d) for m in model.modules()), size,
        _milliseconds(make(), _pictures(size, views)) if timed else None)


def _pictures(size: tuple[int, int], views: int) -> list[Tensor]:
    return [torch.zeros(1, 3, *size) for _ in range(views)]


@torch.inference_mode()
def _milliseconds(model: nn.Module, pictures: list[Tensor]) -> float:
    model.eval().to(memory_format=torch.channels_last)
    pictures = [p.to(memory_format=torch.channels_last) for p in pictures]
    model(*pictures)
    seconds: list[float] = []
    while sum(seconds) < _TIMING:
        began = perf_counter()
        model(*pictures)
        seconds.append(perf_counter() - began)
    return 1e3 * median(seconds)
