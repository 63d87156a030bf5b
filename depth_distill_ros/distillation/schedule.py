# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The learning rates of the papers, each a function of the step."""

from __future__ import annotations

from collections.abc import Callable
import math

from depth_distill_ros.settings.optimisation import OptimisationSettings

# the learning rate's factor at a step
Schedule = Callable[[int], float]


def stepwise(factor: float, interval: int, times: int) -> Schedule:
    """Multiply by `factor` every `interval` steps, at most `times` times."""
    return lambda step: factor ** min(step // interval, times)


def poly(total: int) -> Schedule:
    """Fall as (1 - step / total) ** 0.9 (DACNN)."""
    return lambda step: max(0.0, 1 - step / total) ** 0.9


def warm_cosine(total: int) -> Schedule:
    """Rise for a fortieth of the steps, then fall along a cosine to 1 %: from random weights."""
    warm_up = max(1, total // 40)

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        progress = min(1.0, (step - warm_up) / max(1, total - warm_up))
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))

    return factor


def schedule(settings: OptimisationSettings, total: int = 0) -> Schedule:
    """
    Return the schedule that the settings name, for a training of `total` steps.

    D3 halves every 5 of 20 epochs; LWD and Hu et al. divide by ten every 5 of 20. A training
    without an end (0) needs halving_steps, or a constant learning rate.
    """
    quarter = max(1, total // 4)
    return {
        'd3': lambda: stepwise(0.5, settings.halving_steps or quarter, settings.halvings),
        'lwd': lambda: stepwise(0.1, quarter, 3),
        'dacnn': lambda: poly(total),
        'cosine': lambda: warm_cosine(total),
        'constant': lambda: lambda step: 1.0,
    }[settings.schedule]()
