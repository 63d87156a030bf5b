# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of supervised batches, as in the recipe of Hu et al. (WACV 2019) less rotation."""

from __future__ import annotations

import torch
from torch import Tensor

_GREY = (0.299, 0.587, 0.114)


def flip(images: Tensor, depth: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror B×H×W×3 pictures and their B×1×h×w depth left to right, each with p = 0.5."""
    chosen = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(chosen.view(-1, 1, 1, 1), images.flip(2), images)
    return images, torch.where(chosen.view(-1, 1, 1, 1), depth.flip(3), depth)


def jitter(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """
    Brightness, contrast and saturation of B×H×W×3 uint8, each blended by U(-strength, strength).

    The blend goes towards black, the mean grey and the picture's own grey (negative: away).
    """
    x = images.float()
    for towards in ('black', 'mean', 'grey'):
        grey = (x * x.new_tensor(_GREY)).sum(-1, keepdim=True)
        other = {'black': 0.0, 'mean': grey.mean((1, 2), keepdim=True), 'grey': grey}[towards]
        share = strength * (2 * torch.rand(len(x), 1, 1, 1, generator=generator) - 1)
        x = x + share * (other - x)
    return x.clamp(0, 255).round().to(torch.uint8)
