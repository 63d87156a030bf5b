# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reference: torch, float32, on the CPU or as a CUDA graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.device_view import device_picture
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, host_picture
from depth_distill_ros.inference.engines.image_network import PictureNetwork
from depth_distill_ros.networks.model import load_model

_BEFORE_CAPTURE = 3


class TorchEngine(DepthEngine):
    """DepthEngine with torch; `device` as torch names it, a GPU's if there is one unless given."""

    def __init__(self, folder: Path, device: str | None = None):
        self._device = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
        if self._device.type == 'cuda' and not torch.cuda.is_available():
            raise EngineAbsentError('torch sees no NVIDIA GPU here; take the engine torch-cpu')
        super().__init__(f'torch-{self._device.type}', folder)
        network, _ = load_model(folder)
        network = PictureNetwork(network).eval()
        self._network = network.to(self._device, memory_format=torch.channels_last)
        self._captured = self._capture() if self._device.type == 'cuda' else None
        self._warm_up()

    @torch.inference_mode()
    def _infer(self, image: np.ndarray, view: View, order: str) -> tuple[np.ndarray, ...]:
        if self._captured is None:
            answers = self._network(torch.from_numpy(host_picture(image, view, order)))
            return tuple(y.numpy() for y in answers)
        graph, picture, answers = self._captured
        picture.copy_(device_picture(image, view, order, self._device))
        graph.replay()
        return tuple(y.cpu().numpy() for y in answers)

    @torch.inference_mode()
    def _capture(self) -> tuple[torch.cuda.CUDAGraph, Tensor, tuple[Tensor, ...]]:
        """Return the network as a CUDA graph, the picture it reads and what it answers."""
        picture = torch.zeros(1, *self.input_size, 3, dtype=torch.uint8, device=self._device)
        # a capture must come after what libraries do at their first call, and aside from others
        stream = torch.cuda.Stream(self._device)
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            for _ in range(_BEFORE_CAPTURE):
                self._network(picture)
        torch.cuda.current_stream(self._device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # thread_local: the running engine answers frames while this one is made
        with torch.cuda.graph(graph, capture_error_mode='thread_local'):
            answers = self._network(picture)
        return graph, picture, answers
