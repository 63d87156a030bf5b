# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""torch in float32, on the CPU (the reference) or as a CUDA graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.device_view import view_on_device
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError
from depth_distill_ros.inference.engines.image_network import ImageNetwork
from depth_distill_ros.networks.model_folder import load_model

_RUNS_BEFORE_CAPTURE = 3


class TorchEngine(DepthEngine):
    """DepthEngine with torch; `device` is 'cpu' or 'cuda', by default 'cuda' if there is a GPU."""

    def __init__(self, folder: Path, device: str | None = None):
        self._device = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
        if self._device.type == 'cuda' and not torch.cuda.is_available():
            raise EngineAbsentError('torch sees no NVIDIA GPU here; use the engine torch-cpu')
        super().__init__(f'torch-{self._device.type}', folder)
        network = ImageNetwork(load_model(folder)[0]).eval()
        self._network = network.to(self._device).to(memory_format=torch.channels_last)
        self._captured = self._capture() if self._device.type == 'cuda' else None
        self._warm_up()

    @torch.inference_mode()
    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        if self._captured is None:
            outputs = self._network(torch.from_numpy(view.image(image)[None]))
            return tuple(y.numpy() for y in outputs)
        graph, seen, outputs = self._captured
        seen.copy_(view_on_device(view, image, self._device))
        graph.replay()
        return tuple(y.cpu().numpy() for y in outputs)

    @torch.inference_mode()
    def _capture(self) -> tuple[torch.cuda.CUDAGraph, Tensor, tuple[Tensor, ...]]:
        """Return the network as a CUDA graph, the image that it reads and its outputs."""
        image = torch.zeros(1, *self.input_size, 3, dtype=torch.uint8, device=self._device)
        # libraries allocate memory at their first call, which must not happen during the capture
        stream = torch.cuda.Stream(self._device)
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            for _ in range(_RUNS_BEFORE_CAPTURE):
                self._network(image)
        torch.cuda.current_stream(self._device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # thread_local: another thread runs the current engine meanwhile
        with torch.cuda.graph(graph, capture_error_mode='thread_local'):
            outputs = self._network(image)
        return graph, image, outputs
