# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine answers: the fastest that is installed and says what torch says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, EngineError
from depth_distill_ros.inference.engines.onnxruntime_engine import OnnxRuntimeEngine
from depth_distill_ros.inference.engines.openvino_engine import OpenVinoEngine
from depth_distill_ros.inference.engines.tensorrt_engine import TensorRtEngine
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.shipped import shipped_pictures

AUTO = 'auto'
REFERENCE = 'torch-cpu'
Say = Callable[[str], None]
_GPU: dict[str, Callable[[Path, Say], DepthEngine]] = {
    'tensorrt-fp16': TensorRtEngine,
    'torch-cuda': lambda folder, say: TorchEngine(folder, 'cuda'),
    'onnxruntime-cuda': lambda folder, say: OnnxRuntimeEngine(folder, 'cuda', say),
}
_CPU: dict[str, Callable[[Path, Say], DepthEngine]] = {
    'openvino-bf16': lambda folder, say: OpenVinoEngine(folder, 'bf16', say),
    'openvino-f32': lambda folder, say: OpenVinoEngine(folder, 'f32', say),
    'onnxruntime-cpu': lambda folder, say: OnnxRuntimeEngine(folder, 'cpu', say),
    REFERENCE: lambda folder, say: TorchEngine(folder, 'cpu'),
}
ENGINES = (*_GPU, *_CPU)
_ROUNDS = 15


def _silent(line: str) -> None:
    pass


def open_engine(folder: Path, name: str, say: Say = _silent) -> DepthEngine:
    """
    Return the engine `name`, out of ENGINES, of a model folder, unchecked.

    `say` is told what becomes of its files. Raises ModelError for an unusable model,
    EngineAbsentError where the engine is not installed or has no device here, else EngineError.
    """
    if name not in ENGINES:
        raise _no_such_engine(name)
    try:
        return (_GPU | _CPU)[name](Path(folder), say)
    except DepthDistillError:
        raise
    except Exception as error:  # whatever a backend throws: each has its own kinds
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise EngineError(f'{name} cannot run {folder}: {line}') from error


def select_engine(folder: Path, wanted: str = AUTO, frames: Sequence[np.ndarray] | None = None,
                  limits: ParityLimits | None = None, say: Say = _silent) -> DepthEngine:
    """
    Return the fastest engine that may stand for torch.

    Parameters
    ----------
    folder : of the model
    wanted : 'auto', one of ENGINES, or what its name begins with, as in 'openvino'
    frames : H×W×3 uint8 RGB, of any size, to compare on; pictures of the package unless given
    limits : on the difference to torch
    say : is told which engine is taken, and which not and why

    Raises ModelError for an unusable model, and EngineError where no engine is left. Engines on
    a GPU come before those on the CPU, whatever their speed: the CPU has other work.

    """
    folder, limits = Path(folder), limits or ParityLimits()
    if wanted != AUTO and not any(_fits(name, wanted) for name in ENGINES):
        raise _no_such_engine(wanted)
    frames = frames or shipped_frames()
    reference = open_engine(folder, REFERENCE)
    refusals = []

    def refuse(line: str) -> None:
        refusals.append(line)
        say(line)

    for group in (_GPU, _CPU):
        engines = []
        for name in group:
            if wanted != AUTO and not _fits(name, wanted):
                continue
            try:
                engines.append(reference if name == REFERENCE else open_engine(folder, name, say))
            except EngineAbsentError as error:
                refusals.append(str(error))
            except EngineError as error:
                refuse(f'{name} refused: {error}')
        for seconds, engine in _timed(engines, frames[0], refuse):
            if engine is reference:
                say(f'{engine.name} taken: {1e3 * seconds:.1f} ms')
                return engine
            try:
                parity = check_parity(engine, reference, frames)
            except EngineError as error:
                refuse(f'{engine.name} refused: {error}')
                continue
            if parity.within(limits):
                say(f'{engine.name} taken: {1e3 * seconds:.1f} ms, {parity}')
                return engine
            refuse(f'{engine.name} refused: {parity}; limits {limits.median_relative_error:g} '
                   f'and {limits.delta1:g}')
    raise EngineError(f'no engine "{wanted}" for {folder}: {"; ".join(refusals)}')


def shipped_frames() -> list[np.ndarray]:
    """Return the pictures that come with the package, H×W×3 uint8 RGB."""
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in shipped_pictures()]


def _fits(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f'{wanted}-')


def _no_such_engine(wanted: str) -> EngineError:
    return EngineError(f'no engine "{wanted}"; there are {AUTO}, {", ".join(ENGINES)}')


def _timed(engines: Sequence[DepthEngine], frame: np.ndarray, refuse: Say,
           ) -> list[tuple[float, DepthEngine]]:
    """Return the least seconds of each that works, the fastest first; measured by turns."""
    best = {engine: float('inf') for engine in engines}
    # one engine alone is compared with none, but must work
    for _ in range(_ROUNDS if len(engines) > 1 else 1):
        for engine in list(best):
            view = View.fit(frame.shape[:2], engine.input_size)
            began = perf_counter()
            try:
                engine(frame, view)
            except EngineError as error:
                refuse(f'{engine.name} refused: {error}')
                del best[engine]
                continue
            best[engine] = min(best[engine], perf_counter() - began)
    return sorted(((seconds, engine) for engine, seconds in best.items()),
                  key=lambda pair: pair[0])
