# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime, for CPUs of every kind and NVIDIA GPUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, Log
from depth_distill_ros.inference.engines.image_network import INPUT

_PROVIDERS = {'cpu': 'CPUExecutionProvider', 'cuda': 'CUDAExecutionProvider'}


class OnnxRuntimeEngine(DepthEngine):
    """DepthEngine with ONNX Runtime on 'cpu', with as many threads as torch, or on 'cuda'."""

    def __init__(self, folder: Path, device: str, log: Log):
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineAbsentError('ONNX Runtime is not installed; pip install onnx onnxruntime'
                                    ) from error
        provider = _PROVIDERS[device]
        missing = EngineAbsentError(f'ONNX Runtime has no {provider} here; pip install '
                                    'onnxruntime-gpu if there is an NVIDIA GPU')
        if provider not in onnxruntime.get_available_providers():
            raise missing
        super().__init__(f'onnxruntime-{device}', folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # threads that spin between frames take processor time from the rest of the robot
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        self._session = onnxruntime.InferenceSession(
            EngineCache(folder, log).onnx(), options, providers=[provider])
        if provider not in self._session.get_providers():  # its libraries cannot be loaded
            raise missing
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        return tuple(self._session.run(None, {INPUT: view.image(image)[None]}))
