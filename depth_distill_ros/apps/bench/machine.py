# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The machine a benchmark runs on, and how long a network takes on its GPU."""

from __future__ import annotations

import os
import platform
from typing import Any

import torch
from torch import nn

from depth_distill_ros import __version__

_WARM_UP, _TIMED = 10, 50


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    return {'depth_distill_ros': __version__, 'torch': torch.__version__,
            'python': platform.python_version()}


def device() -> dict[str, Any]:
    """Return the processor, the cores this process may use, the system, and the GPU if any."""
    described = {'cpu': _cpu(), 'cores': len(os.sched_getaffinity(0)),
                 'system': platform.platform()}
    if torch.cuda.is_available():
        described['gpu'] = torch.cuda.get_device_name()
    return described


@torch.no_grad()
def gpu_milliseconds(network: nn.Module, size: tuple[int, int], device: torch.device) -> float:
    """Return the mean time of one image of `size` (height, width), float32, in ms."""
    x = torch.randn(1, 3, *size, device=device)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    for count in (_WARM_UP, _TIMED):
        start.record()
        for _ in range(count):
            network(x)
        end.record()
        torch.cuda.synchronize(device)
    return start.elapsed_time(end) / _TIMED


def _cpu() -> str:
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            return next(line.partition(':')[2].strip() for line in file
                        if line.startswith(('model name', 'Model')))
    except (OSError, StopIteration):
        return platform.machine()
