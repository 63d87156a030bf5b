# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A model folder made ready to answer camera frames, with torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.model import load_model
from depth_distill_ros.networks.normalisation import to_input


class TorchEngine:
    """
    `engine(image)`: H×W×3 uint8 RGB at input_size to h×w float32 metres at output_size.

    A pixel for which the network says nothing usable (not finite, or not in front of the camera)
    is NaN. Raises ModelError where the folder holds no usable model.
    """

    def __init__(self, folder: Path, device: str | None = None):
        network, self.card = load_model(folder)
        self.folder = Path(folder)
        self.input_size = self.card.size
        self._device = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
        self._network = network.to(self._device, memory_format=torch.channels_last)
        self.output_size = self._warm_up()

    def _warm_up(self) -> tuple[int, int]:
        blank = np.zeros((*self.input_size, 3), np.uint8)
        for _ in range(3):
            depth = self._infer(blank)
        if not np.isfinite(depth).all():
            raise DepthDistillError(f'{self.folder} gives NaN on a blank picture; it is unusable')
        return depth.shape

    def __call__(self, image: np.ndarray) -> np.ndarray:
        if image.shape != (*self.input_size, 3) or image.dtype != np.uint8:
            raise DepthDistillError(
                f'the engine reads {self.input_size} RGB uint8, got {image.shape} {image.dtype}')
        depth = self._infer(image)
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
        return depth

    @torch.inference_mode()
    def _infer(self, image: np.ndarray) -> np.ndarray:
        x = to_input(torch.from_numpy(image).unsqueeze(0).to(self._device))
        return self._network(x)[0, 0].float().cpu().numpy()
