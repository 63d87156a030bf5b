# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime, for CPUs of every kind and NVIDIA GPUs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineFiles
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, host_picture

_PROVIDERS = {'cpu': 'CPUExecutionProvider', 'cuda': 'CUDAExecutionProvider'}


class OnnxRuntimeEngine(DepthEngine):
    """DepthEngine with ONNX Runtime on 'cpu', on as many threads as torch has, or on 'cuda'."""

    def __init__(self, folder: Path, device: str, say: Callable[[str], None]):
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineAbsentError('ONNX Runtime is not installed; pip install '
                                    '"depth_distill_ros[onnxruntime]"') from error
        provider = _PROVIDERS[device]
        missing = EngineAbsentError(f'ONNX Runtime has no {provider} here; pip install '
                                    'onnxruntime-gpu where there is an NVIDIA GPU')
        if provider not in onnxruntime.get_available_providers():
            raise missing
        super().__init__(f'onnxruntime-{device}', folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # threads that spin between frames take the processor from everything else on the robot
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        self._session = onnxruntime.InferenceSession(
            EngineFiles(folder, say).onnx(), options, providers=[provider])
        if provider not in self._session.get_providers():  # its libraries do not load
            raise missing
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View, order: str) -> tuple[np.ndarray, ...]:
        return tuple(self._session.run(None, {'picture': host_picture(image, view, order)}))
