# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The size and cost of every network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from depth_distill_ros.networks import (
    NETWORKS,
    TRANSFORMATIONS,
    backbones_of,
    build,
)
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.names import PAPER_SIZE, STEREO

_SIZES = {'meter': (192, 256), 'dacnn': (256, 512), STEREO: (256, 512)}
_VIEWS = {STEREO: 2}
_TIMING = 1.0  # seconds for each network; a very large one runs once


@dataclass(frozen=True)
class Entry:
    """
    One network.

    Attributes:
        parameters: number of weights
        gmac: 10⁹ multiply-accumulates of convolutions and matrix products for one input
        batch_norms: number of BatchNorm layers
        size: (height, width) of the input, as in the paper
        milliseconds: median for one input on this CPU, torch in float32; None if not measured
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
    Yield every network with every backbone, in the order of NETWORKS, then both forms of G.

    With `timed` each is built with weights in memory: gigabytes and minutes for the largest.
    """
    for network in NETWORKS:
        for backbone in backbones_of(network):
            yield _entry(network, backbone, partial(build, network, backbone), timed)
    for form in TRANSFORMATIONS:
        yield _entry('g', form, partial(
            TRANSFORMATIONS[form], OfflineSettings.g_width, OfflineSettings.g_residual), timed)


def _entry(network: str, backbone: str, make: Callable[[], nn.Module], timed: bool) -> Entry:
    size, views = _SIZES.get(network, PAPER_SIZE), _VIEWS.get(network, 1)
    with torch.device('meta'):
        model = make().eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(*_images(size, views))
    return Entry(
        network, backbone, sum(p.numel() for p in model.parameters()),
        # the counter counts a multiplication and an addition as two operations
        counter.get_total_flops() / 2e9,
        sum(isinstance(m, nn.BatchNorm2d) for m in model.modules()), size,
        _milliseconds(make(), _images(size, views)) if timed else None)


def _images(size: tuple[int, int], views: int) -> list[Tensor]:
    return [torch.zeros(1, 3, *size) for _ in range(views)]


@torch.inference_mode()
def _milliseconds(model: nn.Module, images: list[Tensor]) -> float:
    model.eval().to(memory_format=torch.channels_last)
    images = [image.to(memory_format=torch.channels_last) for image in images]
    model(*images)
    seconds: list[float] = []
    while sum(seconds) < _TIMING:
        start = perf_counter()
        model(*images)
        seconds.append(perf_counter() - start)
    return 1e3 * median(seconds)
