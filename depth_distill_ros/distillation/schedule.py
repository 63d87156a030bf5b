# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The learning rates of the papers, each a function of the step."""

from __future__ import annotations

from collections.abc import Callable
import math

# the learning rate's factor at a step
Schedule = Callable[[int], float]


def stepwise(factor: float, interval: int, times: int) -> Schedule:
    """Multiply by `factor` every `interval` steps, `times` times at most; then hold it."""
    return lambda step: factor ** min(step // interval, times)


def poly(total: int, power: float = 0.9) -> Schedule:
    """Fall as (1 - step / total) ** power (DACNN)."""
    return lambda step: max(0.0, 1 - step / total) ** power


def warm_cosine(total: int) -> Schedule:
    """Rise for a fortieth of the steps, then fall along a cosine to 1 %: from random weights."""
    warm_up = max(1, total // 40)

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        progress = min(1.0, (step - warm_up) / max(1, total - warm_up))
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))

    return factor


# D3: halved every 5 of 20 epochs. LWD and Hu et al.: a tenth every 5 of 20. DACNN: poly.
SCHEDULES: dict[str, Callable[[int], Schedule]] = {
    'd3': lambda total: stepwise(0.5, max(1, total // 4), 3),
    'lwd': lambda total: stepwise(0.1, max(1, total // 4), 3),
    'dacnn': poly,
    'cosine': warm_cosine,
    'constant': lambda total: lambda step: 1.0,
}
