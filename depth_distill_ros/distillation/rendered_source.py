# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled batches from rooms that are rendered while a network trains on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.distillation.augment import flip, jitter
from depth_distill_ros.distillation.pictures import LABELLED, Batch, Pictures
from depth_distill_ros.networks.normalisation import to_input

_JITTER = 0.2


class RenderedSource:
    """
    Draws `batch` frames, mirrored at random and their colours jittered.

    `draw_frames(n)` gives n×H×W×3 uint8 pictures and n×h×w float metres. The frames come as the
    renderer makes them: a resumed run goes on with others.
    """

    def __init__(self, draw_frames: Callable[[int], tuple[Tensor, Tensor]], batch: int, seed: int,
                 device: torch.device):
        self._draw_frames, self._batch, self._device = draw_frames, batch, device
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self) -> Batch:
        images, depth = self._draw_frames(self._batch)
        images, depth = flip(images, depth.unsqueeze(1), self._generator)
        images = jitter(images, _JITTER, self._generator)
        return {LABELLED: Pictures(
            to_input(images.to(self._device)), depth=depth.to(self._device))}

    def pictures(self, count: int) -> Tensor:
        """Return `count` pictures as they are rendered, ready for a network."""
        return to_input(self._draw_frames(count)[0].to(self._device))

    def state_dict(self) -> dict[str, Any]:
        return {'generator': self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._generator.set_state(state['generator'])
