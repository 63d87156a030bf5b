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

    Labels are integers; 0 is unknown and does not count. Of n labels ⌊n/2⌋ are chosen. Nothing
    waits for the device where labels are uint8.
    """
    shape, is_class_map = labels.shape, labels.dtype == torch.uint8
    labels = labels.flatten(1).long()
    # classes are uint8; instances have been numbered on the host
    numbers = 256 if is_class_map else int(labels.max()) + 1
    present = torch.zeros(len(labels), numbers, dtype=torch.bool, device=labels.device)
    present.scatter_(1, labels, True)
    present[:, 0] = False
    # Drawn for all numbers, present or not: what is present is known to the device alone.
    order = torch.rand(len(labels), numbers, generator=generator).to(
        labels.device, non_blocking=True)
    rank = torch.where(present, order, 2.0).argsort(1).argsort(1)
    chosen = present & (rank < present.sum(1, keepdim=True) // 2)
    return chosen.gather(1, labels).view(shape).unsqueeze(1)


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
    partner = torch.randperm(len(x), generator=generator).to(x.device, non_blocking=True)
    return torch.where(masks_of_half(labels, generator), x, x[partner])
