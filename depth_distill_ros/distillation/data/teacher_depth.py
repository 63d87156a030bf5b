# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The teacher's depth of plain pictures, computed once for a picture that comes again."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.data.batch import Pictures

_BUDGET = 512 * 2**20  # bytes of host memory


class TaughtDepth:
    """
    `taught(pictures)`: B×1×h×w metres, without a graph.

    For one source of pictures. Depth is kept as float32 for the frames computed last, as many as
    fit into 512 MiB (7,700 maps of 114×152).
    """

    def __init__(self, teacher: nn.Module):
        self._teacher = teacher
        self._kept: dict[int, Tensor] = {}

    @torch.no_grad()
    def __call__(self, pictures: Pictures) -> Tensor:
        if pictures.keys is None:
            return self._teacher(pictures.x).float()
        missing = [i for i, key in enumerate(pictures.keys) if key not in self._kept]
        if missing:
            # On a CPU one at a time, which costs no more: a resumed run, which has kept nothing,
            # computes them in other company, and sums in batches differ in their last bits.
            share = 1 if pictures.x.device.type == 'cpu' else len(missing)
            for part in (missing[i:i + share] for i in range(0, len(missing), share)):
                depth = self._teacher(pictures.x[part]).float().cpu()
                self._kept |= {pictures.keys[i]: d for i, d in zip(part, depth, strict=True)}
        taught = torch.stack([self._kept[key] for key in pictures.keys]).to(pictures.x.device)
        while len(self._kept) * taught[0].numel() * 4 > _BUDGET:
            self._kept.pop(next(iter(self._kept)))
        return taught
