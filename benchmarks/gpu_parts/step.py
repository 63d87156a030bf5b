# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images a second, peak memory and share of the roofline of a step of D3: literal and ours."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.settings.names import PAPER_SIZE
from gpu_parts.d3_step import Setup, literal_step, our_step
from gpu_parts.machine import roofline
from gpu_parts.results import Results, device_of, seconds_of


def run(a: argparse.Namespace, results: Results) -> None:
    """Measure G of the paper and light G, with batches of 8 and 32; --small: one light one."""
    device = device_of(a.device)
    side = 8192 if device.type == 'cuda' else 512
    roofs = {'fp32': roofline(device, torch.float32, side),
             'bf16': roofline(device, torch.bfloat16, side)}
    fast = Compute.available('auto', str(device)).precision
    setups = [Setup('resnet18', 'mobilenetv2', 'light', 0.1, (64, 96), 4)] if a.small else [
        Setup('resnet34', 'mobilenetv2', g, 1.0, PAPER_SIZE, batch)
        for batch in (8, 32) for g in ('paper', 'light')]
    for setup in setups:
        flops = setup.flops()
        for name, precision, make in (
                ('literal', 'fp32', lambda s=setup: literal_step(s, device)),
                ('ours', 'fp32', lambda s=setup: our_step(s, device, 'fp32')),
                ('ours', fast, lambda s=setup: our_step(s, device, fast))):
            results.attempt(
                f'{name}, {precision}, G {setup.g}, batch {setup.batch}',
                lambda make=make, precision=precision, setup=setup, flops=flops: _measured(
                    make, device, setup, flops, roofs.get(precision, roofs['bf16'])))


def _measured(make: Callable[[], Callable[[], Any]], device: torch.device, setup: Setup,
              flops: float, roof: float) -> dict[str, float]:
    step = make()
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)
    seconds = median(seconds_of(device, step, least=2.0, most=30))
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == 'cuda' else 0.0
    # the operations of the literal step, so that work that ours saves counts as speed
    return {'images_per_s': setup.batch / seconds, 'peak_mib': peak,
            'share_of_matmul': flops / seconds / 1e12 / roof}
