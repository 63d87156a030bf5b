# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Colour augmentation of batches, on any device.

Batches are B×3×H×W float RGB from 0 to 1. As in the papers' code nothing is clamped, so values
may leave that range. Random numbers come from a generator on the CPU, so that all devices give
the same result. They do not depend on the images: two views of one scene change alike if their
generators have equal states.
"""

from __future__ import annotations

import torch
from torch import Tensor

_GREY = (0.299, 0.587, 0.114)
# Principal directions of the colours of ImageNet, one per column, and their extents.
_DIRECTIONS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140),
               (-0.5836, -0.6948, 0.4203))
_EXTENTS = (0.2175, 0.0188, 0.0045)


def hu(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return the batch as Hu et al. (WACV 2019) train on it: lighting, then jitter by 0.4."""
    return jitter(lighting(x, 0.1, generator), 0.4, generator)


def lighting(x: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Add to each image one colour along ImageNet's principal directions, by N(0, deviation)."""
    share = deviation * torch.randn(len(x), 3, generator=generator)
    colour = (share * torch.tensor(_EXTENTS)) @ torch.tensor(_DIRECTIONS).T
    return x + colour.to(x).view(-1, 3, 1, 1)


def jitter(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """
    Brightness, contrast and saturation, each changed by a factor of 1 + U(-strength, strength).

    Each is a blend of the image with black, with its mean grey, or with its own grey. The papers'
    code applies them in random order, which makes no difference without clamping.
    """
    return _changed(x, strength * (2 * torch.rand(len(x), 3, generator=generator) - 1))


def dacnn(x: Tensor, generator: torch.Generator) -> Tensor:
    """
    Return the batch as DACNN trains on it.

    With p = 0.5 an image's contrast, brightness and colour are each scaled by U(0.9, 1.1).
    """
    chosen = torch.rand(len(x), 1, generator=generator) < 0.5
    changes = 0.1 * (2 * torch.rand(len(x), 3, generator=generator) - 1)
    return _changed(x, torch.where(chosen, changes, 0.0))


def _changed(x: Tensor, changes: Tensor) -> Tensor:
    """Scale brightness, contrast and saturation by 1 + the B×3 changes."""
    brightness, contrast, saturation = (
        1 + change.view(-1, 1, 1, 1) for change in changes.to(x).unbind(1))
    grey = (x * x.new_tensor(_GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
    mean = grey.mean((2, 3), keepdim=True)
    return brightness * (mean + contrast * (grey + saturation * (x - grey) - mean))
