# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One step of D3: ours and algorithm 1 written out, on equal weights and images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from training_step import LiteralD3

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import STREAM, Batch
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.networks import TRANSFORMATIONS, build
from depth_distill_ros.settings.distillation import StreamMethodSettings
from depth_distill_ros.settings.optimisation import OptimisationSettings


@dataclass(frozen=True)
class Setup:
    """Networks and images of a step."""

    teacher: str
    student: str
    g: str
    g_width: float
    size: tuple[int, int]
    batch: int

    def networks(self) -> list[nn.Module]:
        """Return teacher, student and G with the weights of seed 0."""
        torch.manual_seed(0)
        networks = [build('lden', self.teacher), build('lden', self.student),
                    TRANSFORMATIONS[self.g](self.g_width, True)]
        with torch.no_grad():  # statistics of data, not torch's zeros and ones
            networks[0](torch.randn(2, 3, *self.size))
        return networks

    def images(self) -> tuple[Tensor, Tensor]:
        """Return B×3×H×W images and B×H×W classes."""
        torch.manual_seed(1)
        blocks = torch.randint(1, 14, (self.batch, 1, 6, 8)).float()
        return (torch.randn(self.batch, 3, *self.size),
                nn.functional.interpolate(blocks, self.size)[:, 0].byte())

    def flops(self) -> float:
        """Return the operations of one literal step, counted at a batch of two."""
        step = literal_step(replace(self, batch=2), torch.device('cpu'))
        with FlopCounterMode(display=False) as counter:
            step()
        return counter.get_total_flops() / 2 * self.batch


def literal_step(setup: Setup, device: torch.device) -> Callable[[], Any]:
    """Return a function that makes one literal step."""
    literal = LiteralD3(*(n.to(device) for n in setup.networks()))
    x, semantics = (t.to(device) for t in setup.images())
    return lambda: literal.step(x, semantics, torch.Generator().manual_seed(0))


def our_step(setup: Setup, device: torch.device, precision: str, **options: Any,
             ) -> Callable[[], dict[str, float]]:
    """Return a function that makes one step of ours."""
    compute = Compute(device, precision)
    networks = [n.to(device).to(memory_format=torch.channels_last) for n in setup.networks()]
    trainer = Trainer(D3(*networks, compute, StreamMethodSettings()),
                      OptimisationSettings(schedule='constant'), compute, **options)
    x, semantics = setup.images()
    batch = Batch(x.to(device, memory_format=torch.channels_last), semantics.to(device))
    return lambda: trainer.train_step({STREAM: batch})


def losses_of_ours(setup: Setup, device: torch.device, precision: str, steps: int,
                   ) -> dict[str, float]:
    """Return the losses of the last of so many steps."""
    step = our_step(setup, device, precision)
    for _ in range(steps):
        losses = step()
    return {name: float(value) for name, value in losses.items()}
