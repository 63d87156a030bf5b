# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO, for CPUs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineFiles
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, host_picture

_DEVICE = 'CPU'


class OpenVinoEngine(DepthEngine):
    """
    DepthEngine with OpenVINO, `precision` 'f32' or 'bf16', on as many threads as torch has.

    What it compiles is not kept: from the ONNX file it takes 0.15 s, from its own 0.05 s.
    """

    def __init__(self, folder: Path, precision: str, say: Callable[[str], None]):
        plugin = core()
        if precision == 'bf16' and \
                'BF16' not in plugin.get_property(_DEVICE, 'OPTIMIZATION_CAPABILITIES'):
            raise EngineAbsentError('this processor has no bfloat16 instructions; take the engine '
                                    'openvino-f32')
        super().__init__(f'openvino-{precision}', folder)
        compiled = plugin.compile_model(
            plugin.read_model(BytesIO(EngineFiles(folder, say).onnx())), _DEVICE, {
                'INFERENCE_PRECISION_HINT': precision, 'PERFORMANCE_HINT': 'LATENCY',
                'NUM_STREAMS': 1, 'INFERENCE_NUM_THREADS': torch.get_num_threads()})
        self._request = compiled.create_infer_request()
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View, order: str) -> tuple[np.ndarray, ...]:
        answers = self._request.infer([host_picture(image, view, order)], share_inputs=True)
        return tuple(answers[i] for i in range(len(answers)))


@lru_cache(maxsize=1)
def core() -> Any:
    """Return OpenVINO's Core, one for all engines. Raises EngineAbsentError."""
    try:
        import openvino
    except ImportError as error:
        raise EngineAbsentError('OpenVINO is not installed; pip install '
                                '"depth_distill_ros[openvino]"') from error
    return openvino.Core()
