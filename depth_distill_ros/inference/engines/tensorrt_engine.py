# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT, for NVIDIA GPUs: float16, an engine file per device and version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re
from typing import Any

import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineFiles
from depth_distill_ros.inference.engines.device_view import device_picture
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, EngineError


class TensorRtEngine(DepthEngine):
    """
    DepthEngine with TensorRT 10 or later, float16 within and float32 without.

    Building takes minutes on a small GPU; the result is kept for the next start.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]):
        trt = _tensorrt()
        super().__init__('tensorrt-fp16', folder)
        files, device = EngineFiles(folder, say), torch.cuda.get_device_name()
        data = files.get(
            engine_file_name(trt.__version__, device),
            {'tensorrt': trt.__version__, 'device': device},
            lambda: _built(trt, half_precision(files.onnx()), self.folder))
        self._runtime = trt.Runtime(_logger(trt))
        engine = self._engine = self._runtime.deserialize_cuda_engine(data)
        if engine is None:
            raise EngineError(f'TensorRT {trt.__version__} does not load the engine of {folder}; '
                              'delete its folder engines')
        self._context = engine.create_execution_context()
        self._tensors = {}
        for i in range(engine.num_io_tensors):
            name = engine.get_tensor_name(i)
            kind = torch.uint8 if name == 'picture' else torch.float32
            tensor = torch.zeros(tuple(engine.get_tensor_shape(name)), dtype=kind, device='cuda')
            self._context.set_tensor_address(name, tensor.data_ptr())
            self._tensors[name] = tensor
        self._stream = torch.cuda.Stream()
        self._warm_up()

    def _infer(self, image: np.ndarray, view: View, order: str) -> tuple[np.ndarray, ...]:
        with torch.cuda.stream(self._stream):
            picture = self._tensors['picture']
            picture.copy_(device_picture(image, view, order, picture.device))
            if not self._context.execute_async_v3(self._stream.cuda_stream):
                raise EngineError(f'TensorRT could not run {self.folder}; its messages say why')
            return tuple(self._tensors[name].cpu().numpy() for name in ('depth', 'confidence')
                         if name in self._tensors)


def engine_file_name(version: str, device: str) -> str:
    """Return the file name of an engine, which holds for one TensorRT and one kind of GPU."""
    return re.sub(r'[^a-z0-9.]+', '-', f'tensorrt-{version}-{device}'.lower()) + '.engine'


def half_precision(onnx_file: bytes) -> bytes:
    """Return an ONNX file with float16 within, and inputs and outputs as they were."""
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
    # the file says what is float16: TensorRT 11 has no other way
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx_file):
        why = '; '.join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise EngineError(f'TensorRT {trt.__version__} cannot read the network of {folder}: {why}')
    built = builder.build_serialized_network(network, builder.create_builder_config())
    if built is None:
        raise EngineError(f'TensorRT {trt.__version__} cannot build the network of {folder}; its '
                          'messages say why')
    return bytes(built)


def _logger(trt: Any) -> Any:
    return trt.Logger(trt.Logger.WARNING)


def _tensorrt() -> Any:
    try:
        import tensorrt
    except ImportError as error:
        raise EngineAbsentError(_absent('TensorRT')) from error
    if not torch.cuda.is_available():
        raise EngineAbsentError('torch sees no NVIDIA GPU here; TensorRT needs one and torch with '
                                'CUDA')
    return tensorrt


def _absent(what: str) -> str:
    return f'{what} is not installed; pip install "depth_distill_ros[tensorrt]"'
