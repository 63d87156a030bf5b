# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Object-wise mixing of D3 (eq. 5), by semantic classes as in ClassMix."""

from __future__ import annotations

import torch
from torch import Tensor

_CLASSES = 256


def class_masks(semantics: Tensor, generator: torch.Generator) -> Tensor:
    """
    B×H×W uint8 class maps to B×1×H×W bool masks of a random half of the classes in each.

    Of n classes (0, unknown, is none) ⌊n/2⌋ are picked.
    """
    masks = torch.zeros(len(semantics), _CLASSES, dtype=torch.bool, device=semantics.device)
    for mask, labels in zip(masks, semantics, strict=True):
        present = labels.unique()
        present = present[present != 0].long()
        order = torch.randperm(len(present), generator=generator).to(present.device)
        mask[present[order[:len(present) // 2]]] = True
    index = semantics.flatten(1).long()
    return masks.gather(1, index).view(semantics.shape).unsqueeze(1)


def mix(x: Tensor, semantics: Tensor, generator: torch.Generator) -> Tensor:
    """
    x̂′ = m ⊙ x′_i + (1 - m) ⊙ x′_j with j a random permutation of the batch.

    x: B×3×H×W; semantics: B×H×W uint8 of the same pictures; `generator` on the CPU.
    """
    partner = torch.randperm(len(x), generator=generator).to(x.device)
    return torch.where(class_masks(semantics, generator), x, x[partner])
