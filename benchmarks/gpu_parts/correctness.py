# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every network, loss and the step of D3 on the device, against the CPU in float64 or float32."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import copy
from functools import partial

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.networks import NETWORKS, TRANSFORMATIONS, build
from depth_distill_ros.settings.names import STEREO
from gpu_parts.d3_step import Setup, losses_of_ours
from gpu_parts.results import Results, device_of

_SIZES = {'meter': (192, 256), 'dacnn': (64, 128), STEREO: (64, 128)}


def run(a: argparse.Namespace, results: Results) -> None:
    """Compare in float32 without TF32, so that a difference is a fault and no rounding."""
    device = device_of(a.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    names = ['lden', 'lden_light'] if a.small else list(NETWORKS)
    makers: dict[str, Callable[[], nn.Module]] = {
        name: partial(build, name) for name in names}
    makers |= {f'G {form}': partial(make, 0.25, True) for form, make in TRANSFORMATIONS.items()}
    for name, make in makers.items():
        results.attempt(name, lambda name=name, make=make: compared(
            make, _SIZES.get(name, (64, 96)), 2 if name == STEREO else 1, device))
    results.attempt('loss H', lambda: loss_compared(device))
    results.attempt('l_BN', lambda: statistics_compared(device))
    results.attempt('the step of D3', lambda: step_compared(device))


def compared(make: Callable[[], nn.Module], size: tuple[int, int], views: int,
             device: torch.device) -> dict[str, float]:
    """Return the relative errors of the output and of the gradient by the weights."""
    torch.manual_seed(0)
    network = make().eval()
    images = [torch.randn(2, 3, *size) for _ in range(views)]
    found = outputs(network, images, device, torch.float32)
    expected = outputs(network, images, torch.device('cpu'), torch.float64)
    return {name: distance(one, other) for name, one, other in zip(
        ('output_error', 'gradient_error'), found, expected, strict=True)}


def outputs(network: nn.Module, images: list[Tensor], device: torch.device, dtype: torch.dtype,
            ) -> tuple[Tensor, Tensor]:
    network = copy.deepcopy(network).to(device, dtype)
    output = network(*(image.to(device, dtype) for image in images))
    output.square().mean().backward()
    gradient = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
    return output.detach().cpu().double(), gradient.cpu().double()


def distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm().clamp(min=1e-30))


def loss_compared(device: torch.device) -> dict[str, float]:
    torch.manual_seed(0)
    maps = [torch.rand(2, 1, 60, 80) * 5 + 0.5 for _ in range(2)]
    here, there = loss_h(*maps), loss_h(*(m.to(device) for m in maps)).cpu()
    with Compute.available(device=str(device)).autocast():
        reduced = loss_h(*(m.to(device) for m in maps)).cpu()
    return {name: float((here - found).abs() / here.abs())
            for name, found in (('relative_error', there), ('under_autocast', reduced))}


def statistics_compared(device: torch.device) -> dict[str, float]:
    torch.manual_seed(0)
    network, x = build('lden', 'resnet18').eval(), torch.randn(2, 3, 64, 96)
    found = []
    for place in (torch.device('cpu'), device):
        teacher = copy.deepcopy(network).to(place)
        with torch.no_grad(), FeatureStatistics(teacher).recorded() as terms:
            teacher(x.to(place))
        found.append(torch.stack(terms).sum().cpu())
    return {'relative_error': float((found[0] - found[1]).abs() / found[0].abs())}


def step_compared(device: torch.device) -> dict[str, object]:
    """Return the relative difference of each loss of the third step."""
    setup = Setup('resnet18', 'mobilenetv2', 'light', 0.25, (64, 96), 4)
    here, there = (losses_of_ours(setup, place, 'fp32', 3)
                   for place in (torch.device('cpu'), device))
    return {name: abs(here[name] - there[name]) / max(abs(here[name]), 1e-30) for name in here}
