# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was measured on."""

from __future__ import annotations

import os
import platform
from typing import Any

import torch


def device() -> dict[str, Any]:
    """Return the processor, how many of its cores are ours, the system, and the GPU if any."""
    described = {'cpu': _cpu(), 'cores': len(os.sched_getaffinity(0)),
                 'system': platform.platform()}
    if torch.cuda.is_available():
        described['gpu'] = torch.cuda.get_device_name()
    return described


def _cpu() -> str:
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            return next(line.partition(':')[2].strip() for line in file
                        if line.startswith(('model name', 'Model')))
    except (OSError, StopIteration):
        return platform.machine()
