# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a network takes on a GPU, as LWD's table 3 states it."""

from __future__ import annotations

import torch
from torch import nn

_WARM_UP, _TIMED = 10, 50


@torch.no_grad()
def gpu_milliseconds(network: nn.Module, size: tuple[int, int], device: torch.device) -> float:
    """Return the mean time of one picture of `size` (height, width), float32, in ms."""
    x = torch.randn(1, 3, *size, device=device)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    for count in (_WARM_UP, _TIMED):
        start.record()
        for _ in range(count):
            network(x)
        end.record()
        torch.cuda.synchronize(device)
    return start.elapsed_time(end) / _TIMED
