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
    Return B×1×H×W bool masks of a random half of the labels in each of B×H×W label maps.

    Labels are integers; 0 is unknown and does not count. Of n labels ⌊n/2⌋ are chosen.
    """
    masks = []
    for label_map in labels:
        index = label_map.long()
        counts = torch.bincount(index.flatten())
        present = counts[1:].nonzero().flatten() + 1
        order = torch.randperm(len(present), generator=generator).to(present.device)
        chosen = torch.zeros_like(counts, dtype=torch.bool)
        chosen[present[order[:len(present) // 2]]] = True
        masks.append(chosen[index])
    return torch.stack(masks).unsqueeze(1)


def instances(semantics: Tensor) -> Tensor:
    """
    Give each connected patch of a class a label of its own: B×H×W classes to B×H×W int64.

    0 stays 0. This approximates objects where a simulator provides only their classes.
    """
    maps = []
    for classes in semantics.cpu().numpy().astype(np.int32):
        patches = np.zeros(classes.shape, np.int64)
        for label in np.unique(classes[classes > 0]):
            _, patch = cv2.connectedComponents((classes == label).astype(np.uint8))
            patches[patch > 0] = patch[patch > 0] + patches.max()
        maps.append(torch.from_numpy(patches))
    return torch.stack(maps).to(semantics.device)


def mix(x: Tensor, labels: Tensor, generator: torch.Generator) -> Tensor:
    """
    x̂′ = m ⊙ x′_i + (1 - m) ⊙ x′_j (eq. 5), with j a random permutation of the batch.

    x: B×3×H×W; labels: B×H×W classes or instances of the same images; `generator` on the CPU.
    """
    partner = torch.randperm(len(x), generator=generator).to(x.device)
    return torch.where(masks_of_half(labels, generator), x, x[partner])
