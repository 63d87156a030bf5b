#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The training pass of a network on a CPU: torch alone, and as the package computes it.

The package computes the weight gradient of wide depthwise convolutions in pieces and, in bfloat16,
leaves depthwise convolutions in float32. Forward and backward pass of random images, channels
last, one thread, processor time; the best of the rounds, which take turns.

Example: python benchmarks/training_pass.py --networks lden_light:efficientnet_lite0 --rounds 8
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
import time

from rich.console import Console
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks import build

_BATCHES = (8, 96, 128), (8, 192, 256), (4, 228, 304)
_WAYS: dict[str, Callable] = {
    'torch, float32': nullcontext,
    'float32': Compute(torch.device('cpu'), 'fp32').autocast,
    'torch, bfloat16': lambda: torch.autocast('cpu', torch.bfloat16),
    'bfloat16': Compute(torch.device('cpu'), 'bf16').autocast}


def seconds(network: torch.nn.Module, x: torch.Tensor, rounds: int) -> dict[str, float]:
    """Return the processor time of a training pass in each way."""
    best = dict.fromkeys(_WAYS, float('inf'))
    for turn in range(rounds + 1):
        for way, context in _WAYS.items():
            network.zero_grad()
            began = time.process_time()
            with context():
                loss = network(x).float().mean()
            loss.backward()
            if turn:  # the first one prepares
                best[way] = min(best[way], time.process_time() - began)
    return best


def main() -> None:
    """Measure each network at each size, and print ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--networks', nargs='+', metavar='NETWORK:BACKBONE', default=[
        'lden_light:efficientnet_lite0', 'lden_light:mobilenetv2', 'lden:efficientnet_lite0',
        'lden:mobilenetv2'])
    parser.add_argument('--rounds', type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    first, *others = _WAYS
    rows = []
    for name in arguments.networks:
        network = build(*name.split(':')).to(memory_format=torch.channels_last).train()
        for count, height, width in _BATCHES:
            x = torch.randn(count, 3, height, width).contiguous(memory_format=torch.channels_last)
            took = seconds(network, x, arguments.rounds)
            rows.append((name, f'{count} of {height}×{width}', f'{1000 * took[first]:.0f} ms',
                         *(f'{took[first] / took[way]:.2f}×' for way in others)))
    Console().print(terminal_table(('network', 'images', first, *others), rows,
                                   title=f'speed in units of {first}'))


if __name__ == '__main__':
    main()
