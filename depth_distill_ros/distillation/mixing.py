# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Object-wise mixing of D3 (eq. 5), by semantic classes as in ClassMix, or by instances."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor


def masks_of_half(labels: Tensor, generator: torch.Generator) -> Tensor:
    """
    B×H×W label maps (integers >= 0) to B×1×H×W bool masks of a random half of those in each.

    Of n labels (0, unknown, is none) ⌊n/2⌋ are picked.
    """
    masks = []
    for picture in labels:
        index = picture.long()
        counts = torch.bincount(index.flatten())
        present = counts[1:].nonzero().flatten() + 1
        order = torch.randperm(len(present), generator=generator).to(present.device)
        chosen = torch.zeros_like(counts, dtype=torch.bool)
        chosen[present[order[:len(present) // 2]]] = True
        masks.append(chosen[index])
    return torch.stack(masks).unsqueeze(1)


def instances(semantics: Tensor) -> Tensor:
    """
    B×H×W class maps to B×H×W int64 maps in which each connected patch of a class is a label.

    0 stays 0. This is the best to be had of objects where a simulator names their classes alone.
    """
    maps = []
    for picture in semantics.cpu().numpy().astype(np.int32):
        patches = np.zeros(picture.shape, np.int64)
        for label in np.unique(picture[picture > 0]):
            _, patch = cv2.connectedComponents((picture == label).astype(np.uint8))
            patches[patch > 0] = patch[patch > 0] + patches.max()
        maps.append(torch.from_numpy(patches))
    return torch.stack(maps).to(semantics.device)


def mix(x: Tensor, labels: Tensor, generator: torch.Generator) -> Tensor:
    """
    x̂′ = m ⊙ x′_i + (1 - m) ⊙ x′_j with j a random permutation of the batch.

    x: B×3×H×W; labels: B×H×W classes or instances of the same pictures; `generator` on the CPU.
    """
    partner = torch.randperm(len(x), generator=generator).to(x.device)
    return torch.where(masks_of_half(labels, generator), x, x[partner])
