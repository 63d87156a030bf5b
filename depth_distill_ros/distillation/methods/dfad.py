# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Data-free adversarial distillation (Fang et al., 2019), a baseline of D3, adapted to depth.

A generator is trained to make images on which student and teacher differ, the student to agree.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batches
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.networks.normalisation import normalise

STUDENT_STEPS = 5
_NOISE = 256
_WIDTHS = (512, 256, 128, 64, 64)


class Generator(nn.Module):
    """
    Noise B×256 to B×3×H×W ImageNet-normalised images, like a DCGAN.

    A linear layer to a sixteenth of the size, rounded up, four transposed convolutions that each
    double it, tanh, and a centre crop to `size`. 40.3M weights at 228×304.
    """

    def __init__(self, size: tuple[int, int]):
        super().__init__()
        self._size = size
        self._small = tuple(math.ceil(side / 16) for side in size)
        self.project = nn.Linear(_NOISE, _WIDTHS[0] * math.prod(self._small))
        layers: list[nn.Module] = [nn.BatchNorm2d(_WIDTHS[0])]
        for wide, narrow in zip(_WIDTHS, _WIDTHS[1:], strict=False):
            layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(narrow), nn.LeakyReLU(0.2, inplace=True)]
        self.paint = nn.Sequential(*layers, nn.Conv2d(_WIDTHS[-1], 3, 3, padding=1), nn.Tanh())
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                nn.init.normal_(module.weight, 0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1, 0.02)

    def forward(self, noise: Tensor) -> Tensor:
        image = self.paint(self.project(noise).unflatten(1, (_WIDTHS[0], *self._small)))
        top, left = ((16 * s - side) // 2 for s, side in zip(self._small, self._size, strict=True))
        height, width = self._size
        return normalise((image[..., top:top + height, left:left + width] + 1) / 2)


class DFAD:
    """
    Five student steps on mean |S - T|, then a generator step on -ln(mean |S - T| + 1).

    |S - T| in metres; `batch` images of `size` (height, width) a pass.
    """

    needs: dict[str, tuple[str, ...]] = {}

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute,
                 size: tuple[int, int], batch: int):
        self.teacher = teacher.eval().requires_grad_(False)
        generator = Generator(size).to(compute.device).to(memory_format=torch.channels_last)
        self.networks = {'student': student, 'generator': generator}
        self._compute, self._batch = compute, batch

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        with self._compute.autocast():
            for _ in range(STUDENT_STEPS):
                with torch.no_grad():
                    images = self._generated(generator)
                loss = self._disagreement(images)
                update(loss, 'student')
            loss_generator = -torch.log(self._disagreement(self._generated(generator)) + 1)
            update(loss_generator, 'generator')
        return {'loss_student': loss.detach(), 'loss_generator': loss_generator.detach()}

    def _generated(self, generator: torch.Generator) -> Tensor:
        noise = torch.randn(self._batch, _NOISE, generator=generator).to(self._compute.device)
        return self.networks['generator'](noise).to(memory_format=torch.channels_last)

    def _disagreement(self, images: Tensor) -> Tensor:
        student = self.networks['student'](images)
        return l1_loss(student.float(), resized(self.teacher(images).float(), student.shape[-2:]))
