# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the weights follow the gradients: the same settings on the robot and on data sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from depth_distill_ros.settings.field import Settings, setting


@dataclass(frozen=True)
class OptimisationSettings(Settings):
    """Adam with a learning rate schedule, and an averaged student."""

    batch: int = setting(
        8, 'images per step, of all processes together', unit='images', range=(1, 4096))
    lr: float = setting(1e-4, 'learning rate at the start', range=(1e-12, 1.0))
    schedule: str = setting(
        'd3', 'how the learning rate falls: halved in steps (d3), divided by ten at each quarter '
        'of the run (lwd), polynomially (dacnn), with a warm-up and along a cosine (cosine), or '
        'not at all (constant)', choices=('d3', 'lwd', 'dacnn', 'cosine', 'constant'))
    halving_steps: int = setting(
        0, 'with schedule d3, steps between two halvings of the learning rate; 0: a quarter of '
        'the run', unit='steps', range=(0, 2**31 - 1))
    halvings: int = setting(3, 'with schedule d3, largest number of halvings', range=(0, 64))
    weight_decay: float = setting(
        1e-4, 'weight decay of the depth network; G and generators have none', range=(0.0, 1.0))
    clip: float = setting(
        0.0, "largest norm of a network's gradient; 0: no limit", range=(0.0, 1e6))
    ema: float = setting(0.999, 'decay per step of the averaged network, which is the result of '
                         'the training', range=(0.0, 0.999999))
    precision: str = setting(
        'auto', 'number format of the arithmetic; auto: the fast one of the hardware. The '
        "convolutions that give depth are always in fp32; on a CPU the student's depthwise ones "
        'are, too, which makes its training faster', choices=('auto', 'fp32', 'bf16', 'fp16'))
    compile: bool = setting(
        False, 'compile the trained networks with torch.compile, which takes minutes at the start '
        'and needs a C++ compiler; worth it on a GPU')
    seed: int = setting(0, 'seed of weights and batches', range=(0, 2**31 - 1))


# What differs from the defaults in a paper's training. D3 does not state its weight decay, DACNN
# gives none; 'scratch' is ours, for random weights.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    'd3': {},
    'lwd': {'schedule': 'lwd'},
    'dacnn-teacher': {'schedule': 'dacnn', 'weight_decay': 0.0, 'batch': 6, 'epochs': 10.0},
    'dacnn': {'schedule': 'dacnn', 'weight_decay': 0.0, 'batch': 6, 'epochs': 15.0},
    'scratch': {'lr': 1e-3, 'schedule': 'cosine', 'batch': 16},
}
_RECIPE_OF = {'lwd': 'lwd', 'supervised': 'lwd', 'dacnn': 'dacnn',
              'dacnn-teacher': 'dacnn-teacher'}


def recipe_of(method: str) -> str:
    """Return the name of the recipe that the method's paper trains with."""
    return _RECIPE_OF.get(method, 'd3')
