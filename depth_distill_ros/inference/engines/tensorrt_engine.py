# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT in float16, for NVIDIA GPUs; one engine file per GPU model and version."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engines.device_view import view_on_device
from depth_distill_ros.inference.engines.engine import (
    DepthEngine,
    EngineAbsentError,
    EngineError,
    Log,
)
from depth_distill_ros.inference.engines.image_network import INPUT


class TensorRtEngine(DepthEngine):
    """
    DepthEngine with TensorRT 10 or later; it computes in float16 and returns float32.

    Building it takes minutes on a small GPU; the result is cached for the next start.
    """

    def __init__(self, folder: Path, log: Log):
        trt = _tensorrt()
        super().__init__('tensorrt-fp16', folder)
        cache, device = EngineCache(folder, log), torch.cuda.get_device_name()
        data = cache.get(
            engine_file_name(trt.__version__, device),
            {'tensorrt': trt.__version__, 'device': device},
            lambda: _built(trt, half_precision(cache.onnx()), self.folder))
        self._runtime = trt.Runtime(_logger(trt))
        engine = self._engine = self._runtime.deserialize_cuda_engine(data)
        if engine is None:
            raise EngineError(f'TensorRT {trt.__version__} cannot load the engine of {folder}; '
                              'delete its folder engines')
        self._context = engine.create_execution_context()
        self._tensors = {}
        for i in range(engine.num_io_tensors):
            name = engine.get_tensor_name(i)
            kind = torch.uint8 if name == INPUT else torch.float32
            tensor = torch.zeros(tuple(engine.get_tensor_shape(name)), dtype=kind, device='cuda')
            self._context.set_tensor_address(name, tensor.data_ptr())
            self._tensors[name] = tensor
        self._stream = torch.cuda.Stream()
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        with torch.cuda.stream(self._stream):
            seen = self._tensors[INPUT]
            seen.copy_(view_on_device(view, image, seen.device))
            if not self._context.execute_async_v3(self._stream.cuda_stream):
                raise EngineError(f'TensorRT cannot run {self.folder}; see its messages')
            return tuple(self._tensors[name].cpu().numpy() for name in ('depth', 'confidence')
                         if name in self._tensors)


def engine_file_name(version: str, device: str) -> str:
    """Return the file name of the engine for a version of TensorRT and a GPU model."""
    return re.sub(r'[^a-z0-9.]+', '-', f'tensorrt-{version}-{device}'.lower()) + '.engine'


def half_precision(onnx_file: bytes) -> bytes:
    """Return the ONNX file in float16; its inputs and outputs keep their types."""
    try:
        import onnx
        from onnxruntime.transformers.float16 import convert_float_to_float16
    except ImportError as error:
        raise EngineAbsentError(_absent('onnx or ONNX Runtime')) from error
    model = convert_float_to_float16(onnx.load_from_string(onnx_file), keep_io_types=True)
    return model.SerializeToString()


def _built(trt: Any, onnx_file: bytes, folder: Path) -> bytes:
    logger = _logger(trt)
    builder = trt.Builder(logger)
    # TensorRT 11 takes the precision from the file alone
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx_file):
        why = '; '.join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise EngineError(f'TensorRT {trt.__version__} cannot read the network of {folder}: {why}')
    built = builder.build_serialized_network(network, builder.create_builder_config())
    if built is None:
        raise EngineError(f'TensorRT {trt.__version__} cannot build the network of {folder}; see '
                          'its messages in the log')
    return bytes(built)


def _logger(trt: Any) -> Any:
    return trt.Logger(trt.Logger.WARNING)


def _tensorrt() -> Any:
    try:
        import tensorrt
    except ImportError as error:
        raise EngineAbsentError(_absent('TensorRT')) from error
    if not torch.cuda.is_available():
        raise EngineAbsentError('torch sees no NVIDIA GPU here; TensorRT needs one, and torch '
                                'with CUDA')
    return tensorrt


def _absent(what: str) -> str:
    return f'{what} is not installed; pip install onnx onnxruntime tensorrt'
