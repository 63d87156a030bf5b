# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled batches of rooms that are rendered while a network trains on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.datasets.photometric import jitter
from depth_distill_ros.distillation.data.batch import LABELLED, Batch, Batches
from depth_distill_ros.networks.normalisation import normalise, to_input

_JITTER = 0.2


class RenderedSource:
    """
    Draws `batch` frames, mirrored at random and with jittered colours.

    `draw_frames(n)` returns n×H×W×3 uint8 images and n×h×w float metres. A resumed run continues
    with other frames, because the renderer never repeats one.
    """

    def __init__(self, draw_frames: Callable[[int], tuple[Tensor, Tensor]], batch: int, seed: int,
                 device: torch.device):
        self._draw_frames, self._batch, self._device = draw_frames, batch, device
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self) -> Batches:
        images, depth = self._draw_frames(self._batch)
        x, depth = images.permute(0, 3, 1, 2).float() / 255, depth.unsqueeze(1)
        mirrored = (torch.rand(len(x), generator=self._generator) < 0.5).view(-1, 1, 1, 1)
        x, depth = (torch.where(mirrored, y.flip(3), y).to(self._device) for y in (x, depth))
        x = normalise(jitter(x, _JITTER, self._generator))
        return {LABELLED: Batch(x.contiguous(memory_format=torch.channels_last), depth=depth)}

    def images(self, count: int) -> Tensor:
        """Return `count` images without augmentation, as network input B×3×H×W."""
        return to_input(self._draw_frames(count)[0].to(self._device))

    def state_dict(self) -> dict[str, Any]:
        return {'generator': self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._generator.set_state(state['generator'])
