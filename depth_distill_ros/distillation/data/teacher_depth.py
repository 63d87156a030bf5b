# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The teacher depth of untransformed images, computed once for each frame."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batch, Batches

BUDGET = 512 * 2**20  # bytes of the device's memory
AT_ONCE = 8  # images of a forward pass without gradients, so that many fit on a GPU
_GONE = 256  # frames that left the store, after which their depth is forgotten


class TeacherDepth:
    """
    `teacher_depth(batch)`: B×1×h×w metres, without a graph.

    For one source. Keeps the depth of the frames computed last as float32, as many as fit into
    `budget` bytes (512 MiB are 7,700 maps of 114×152), and forgets that of frames which their
    store has evicted: a robot's stream would fill the budget with them within hours. Two threads
    may ask for it at once.
    """

    def __init__(self, teacher: nn.Module, budget: int = BUDGET):
        self._teacher, self._budget = teacher, budget
        self._kept: dict[int, Tensor] = {}
        self._oldest = 0
        self._lock = Lock()  # of what is kept, and not of the teacher

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Tensor:
        if batch.keys is None:
            return self._teacher(batch.x).float()
        with self._lock:
            if batch.oldest >= self._oldest + _GONE:
                self._oldest = batch.oldest
                self._kept = {key: d for key, d in self._kept.items() if key >= batch.oldest}
            found = {key: self._kept[key] for key in batch.keys if key in self._kept}
        missing = [i for i, key in enumerate(batch.keys) if key not in found]
        if missing:
            new: dict[int, Tensor] = {}
            # On a CPU one frame at a time, which costs no more: a resumed run starts with an empty
            # cache, so it groups the frames differently, and that changes the last bits of sums.
            share = 1 if batch.x.device.type == 'cpu' else AT_ONCE
            for part in (missing[i:i + share] for i in range(0, len(missing), share)):
                depth = self._teacher(batch.x[part]).float()
                new |= {batch.keys[i]: d for i, d in zip(part, depth, strict=True)}
            self._keep(new)
            found |= new
        return torch.stack([found[key] for key in batch.keys])

    def _keep(self, new: dict[int, Tensor]) -> None:
        size = 4 * next(iter(new.values())).numel()
        with self._lock:
            self._kept |= new
            while len(self._kept) * size > self._budget:
                self._kept.pop(next(iter(self._kept)))


class TeacherDepths:
    """
    The teacher depth of several sources: `depths(name, batch)`.

    Args:
        names: of the sources
    """

    def __init__(self, teacher: nn.Module, compute: Compute, names: Iterable[str]):
        self._compute = compute
        self._of = {name: TeacherDepth(teacher) for name in names}

    def __call__(self, name: str, batch: Batch) -> Tensor:
        return self._of[name](batch)

    def prepare(self, batches: Batches) -> None:
        """Compute it for batches that come next, in a thread of its own beside a step."""
        with self._compute.autocast():
            for name, batch in batches.items():
                if batch.keys is not None and name in self._of:
                    self._of[name](batch)
