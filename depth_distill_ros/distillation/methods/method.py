# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training knows of a method: what it needs, what learns, and its losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.data.batch import Batch


class Update(Protocol):
    """`update(loss, 'student')`: one backward pass and one optimiser step of what is named."""

    def __call__(self, loss: Tensor, *networks: str) -> None: ...


class Method(Protocol):
    """
    One way to train; the trainer owns optimisers, schedule, precision and random state.

    Attributes
    ----------
    needs : by source of pictures, the fields of Pictures that must be there beside x
    networks : by name, what learns; the one that is wanted in the end is 'student'

    """

    needs: Mapping[str, tuple[str, ...]]
    networks: dict[str, nn.Module]

    def step(self, batch: Batch, update: Update, generator: torch.Generator) -> dict[str, Tensor]:
        """Make one iteration; its losses, detached. All chance comes from `generator` (CPU)."""
