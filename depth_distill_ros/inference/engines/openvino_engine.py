# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO, for CPUs."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engines.engine import (
    DepthEngine,
    EngineAbsentError,
    EngineError,
    Log,
)

INT8_FILE = 'student-int8.zip'
"""Of the quantised model in EngineCache; a zip file of INT8_PARTS."""
INT8_PARTS = 'model.xml', 'model.bin'

_DEVICE = 'CPU'


class OpenVinoEngine(DepthEngine):
    """
    DepthEngine with OpenVINO, with as many threads as torch.

    `precision` is 'f32', 'bf16', or 'int8' for a model that `quantise` has made the file of; its
    other layers are then in bf16 where the processor has it. The compiled model is not cached: it
    takes 0.15 s from the ONNX file, 0.05 s from its own file.
    """

    def __init__(self, folder: Path, precision: str, log: Log):
        plugin = core()
        has_bf16 = 'BF16' in plugin.get_property(_DEVICE, 'OPTIMIZATION_CAPABILITIES')
        if precision == 'bf16' and not has_bf16:
            raise EngineAbsentError('this processor has no bfloat16 instructions; use the engine '
                                    'openvino-f32')
        super().__init__(f'openvino-{precision}', folder)
        if precision == 'int8':
            model, precision = _quantised(self.folder, log), 'bf16' if has_bf16 else 'f32'
        else:
            model = plugin.read_model(BytesIO(EngineCache(folder, log).onnx()))
        compiled = plugin.compile_model(model, _DEVICE, {
            'INFERENCE_PRECISION_HINT': precision, 'PERFORMANCE_HINT': 'LATENCY',
            'NUM_STREAMS': 1, 'INFERENCE_NUM_THREADS': torch.get_num_threads()})
        self._request = compiled.create_infer_request()
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        outputs = self._request.infer([view.image(image)[None]], share_inputs=True)
        return tuple(outputs[i] for i in range(len(outputs)))


@lru_cache(maxsize=1)
def core() -> Any:
    """Return OpenVINO's Core, one for all engines. Raises EngineAbsentError."""
    try:
        import openvino
    except ImportError as error:
        raise EngineAbsentError('OpenVINO is not installed; pip install onnx openvino') from error
    return openvino.Core()


def int8_made_for() -> dict[str, str]:
    """Return what an int8 file depends on beside the model. Raises EngineAbsentError."""
    core()
    import openvino
    return {'openvino': openvino.__version__}


def _quantised(folder: Path, log: Log) -> Any:
    data = EngineCache(folder, log).stored(INT8_FILE, int8_made_for())
    if data is None:
        raise EngineError(f'{folder} has no int8 file; "depth-distill export --engine openvino" '
                          'makes it where the model lies in its run')
    with ZipFile(BytesIO(data)) as packed:
        model, weights = (packed.read(name) for name in INT8_PARTS)
    return core().read_model(model, weights)
