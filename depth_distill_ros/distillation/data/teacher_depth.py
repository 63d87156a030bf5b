# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The teacher depth of untransformed images, computed once for each frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.data.batch import Batch

BUDGET = 512 * 2**20  # bytes of the device's memory
_GONE = 256  # frames that left the store, after which their depth is forgotten


class TeacherDepth:
    """
    `teacher_depth(batch)`: B×1×h×w metres, without a graph.

    For one source. Keeps the depth of the frames computed last as float32, as many as fit into
    `budget` bytes (512 MiB are 7,700 maps of 114×152), and forgets that of frames which their
    store has evicted: a robot's stream would fill the budget with them within hours.
    """

    def __init__(self, teacher: nn.Module, budget: int = BUDGET):
        self._teacher, self._budget = teacher, budget
        self._kept: dict[int, Tensor] = {}
        self._oldest = 0

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Tensor:
        if batch.keys is None:
            return self._teacher(batch.x).float()
        if batch.oldest >= self._oldest + _GONE:
            self._oldest = batch.oldest
            self._kept = {key: d for key, d in self._kept.items() if key >= batch.oldest}
        missing = [i for i, key in enumerate(batch.keys) if key not in self._kept]
        if missing:
            # On a CPU one frame at a time, which costs no more: a resumed run starts with an empty
            # cache, so it groups the frames differently, and that changes the last bits of sums.
            share = 1 if batch.x.device.type == 'cpu' else len(missing)
            for part in (missing[i:i + share] for i in range(0, len(missing), share)):
                depth = self._teacher(batch.x[part]).float()
                self._kept |= {batch.keys[i]: d for i, d in zip(part, depth, strict=True)}
        depth = torch.stack([self._kept[key] for key in batch.keys])
        while len(self._kept) * depth[0].numel() * 4 > self._budget:
            self._kept.pop(next(iter(self._kept)))
        return depth
