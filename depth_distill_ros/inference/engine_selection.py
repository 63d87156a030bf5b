# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Selection of the fastest installed engine whose output agrees with torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError, first_line
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import (
    DepthEngine,
    EngineAbsentError,
    EngineError,
    Log,
    no_log,
)
from depth_distill_ros.inference.engines.onnxruntime_engine import OnnxRuntimeEngine
from depth_distill_ros.inference.engines.openvino_engine import OpenVinoEngine
from depth_distill_ros.inference.engines.tensorrt_engine import TensorRtEngine
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.inference.quantisation import can_quantise, int8_limits, quantise
from depth_distill_ros.settings.inference import AUTO, ENGINES
from depth_distill_ros.shipped import shipped_images

REFERENCE, INT8 = 'torch-cpu', 'openvino-int8'
_GPU: dict[str, Callable[[Path, Log], DepthEngine]] = {
    'tensorrt-fp16': TensorRtEngine,
    'torch-cuda': lambda folder, log: TorchEngine(folder, 'cuda'),
    'onnxruntime-cuda': lambda folder, log: OnnxRuntimeEngine(folder, 'cuda', log),
}
_CPU: dict[str, Callable[[Path, Log], DepthEngine]] = {
    INT8: lambda folder, log: OpenVinoEngine(folder, 'int8', log),
    'openvino-bf16': lambda folder, log: OpenVinoEngine(folder, 'bf16', log),
    'openvino-f32': lambda folder, log: OpenVinoEngine(folder, 'f32', log),
    'onnxruntime-cpu': lambda folder, log: OnnxRuntimeEngine(folder, 'cpu', log),
    REFERENCE: lambda folder, log: TorchEngine(folder, 'cpu'),
}
_ROUNDS = 15


def open_engine(folder: Path, name: str, log: Log = no_log) -> DepthEngine:
    """
    Return the engine `name`, one of ENGINES, of a model folder, without comparing it to torch.

    `log` gets a line for each engine file written or not used. Raises ModelError for an unusable
    model, EngineAbsentError if the engine is not installed or lacks its device, else EngineError.
    """
    if name not in ENGINES:
        raise _unknown_engine(name)
    try:
        return (_GPU | _CPU)[name](Path(folder), log)
    except DepthDistillError:
        raise
    except Exception as error:  # each backend raises its own types
        line = first_line(error)
        raise EngineError(f'{name} cannot run {folder}: {line}') from error


def select_engine(folder: Path, wanted: str = AUTO, frames: Sequence[np.ndarray] | None = None,
                  limits: ParityLimits | None = None, log: Log = no_log,
                  calibration: Sequence[np.ndarray] = ()) -> DepthEngine:
    """
    Return the fastest engine whose output agrees with torch.

    Engines on a GPU are preferred to those on the CPU, which has other work, whatever their speed.

    Args:
        folder: of the model
        wanted: 'auto', one of ENGINES, or the name of a backend, such as 'openvino'
        frames: H×W×3 uint8 RGB, of any size, for the comparison; None: images of the package
        limits: of the difference to torch
        log: gets a line for the selected engine and for each rejected one, with the errors
        calibration: other frames, some hundred, that a missing int8 file is made on; without them
            int8 takes part only where its file is there
    Raises:
        ModelError: the model is unusable
        EngineError: no engine is left
    """
    folder, limits = Path(folder), limits or ParityLimits()
    if wanted != AUTO and not any(_matches(name, wanted) for name in ENGINES):
        raise _unknown_engine(wanted)
    frames = frames or shipped_frames()
    reference = open_engine(folder, REFERENCE)
    reasons = []

    def reject(line: str) -> None:
        reasons.append(line)
        log(line)

    for group in (_GPU, _CPU):
        engines = []
        for name in group:
            if wanted != AUTO and not _matches(name, wanted):
                continue
            try:
                if name == INT8:
                    quantise(reference, calibration, frames, limits, log)
                engines.append(reference if name == REFERENCE else open_engine(folder, name, log))
            except EngineAbsentError as error:
                reasons.append(str(error))
            except EngineError as error:
                reject(f'{name} rejected: {error}')
        for seconds, engine in _timed(engines, frames[0], reject):
            if engine is reference:
                log(f'{engine.name} selected: {1e3 * seconds:.1f} ms')
                return engine
            try:
                parity = check_parity(engine, reference, frames)
            except EngineError as error:
                reject(f'{engine.name} rejected: {error}')
                continue
            allowed = int8_limits(limits) if engine.name == INT8 else limits
            if parity.within(allowed):
                log(f'{engine.name} selected: {1e3 * seconds:.1f} ms, {parity}')
                return engine
            reject(f'{engine.name} rejected: {parity}; limits {allowed.median_relative_error:g} '
                   f'and {allowed.delta1:g}')
    which = '' if wanted == AUTO else f' "{wanted}"'
    raise EngineError(f'no engine{which} for {folder}: {"; ".join(reasons)}')


def may_be_quantised(name: str) -> bool:
    """Return whether int8 may be faster than the engine `name`, and can be made here."""
    return name in _CPU and name != INT8 and can_quantise()


def shipped_frames() -> list[np.ndarray]:
    """Return the images that come with the package, H×W×3 uint8 RGB."""
    return [cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB)
            for path in shipped_images()]


def _matches(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f'{wanted}-')


def _unknown_engine(wanted: str) -> EngineError:
    return EngineError(f'no engine "{wanted}"; choose one of {AUTO}, {", ".join(ENGINES)}')


def _timed(engines: Sequence[DepthEngine], frame: np.ndarray, reject: Log,
           ) -> list[tuple[float, DepthEngine]]:
    """Return the engines that work with their shortest seconds, the fastest first."""
    best = {engine: float('inf') for engine in engines}
    # by turns, so that other load slows all alike; a single engine must only work
    for _ in range(_ROUNDS if len(engines) > 1 else 1):
        for engine in list(best):
            view = View.fit(frame.shape[:2], engine.input_size)
            start = perf_counter()
            try:
                engine(frame, view)
            except EngineError as error:
                reject(f'{engine.name} rejected: {error}')
                del best[engine]
                continue
            best[engine] = min(best[engine], perf_counter() - start)
    return sorted(((seconds, engine) for engine, seconds in best.items()),
                  key=lambda pair: pair[0])
