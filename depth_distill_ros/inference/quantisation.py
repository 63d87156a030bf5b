# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Post-training quantisation of a model to int8, with NNCF, for OpenVINO.

Weights and feature maps become int8 with ranges that are measured on frames of the run. Where that
differs too much from torch, the encoder stays in higher precision: it has most of the error and a
tenth of the time. NNCF's own search for the layers that suffer takes minutes. ONNX Runtime's
static quantisation differs from torch ten times as much (docs/MEASUREMENTS.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO, StringIO
import logging
from pathlib import Path
import tempfile
from typing import Any
from zipfile import ZipFile

import numpy as np

from depth_distill_ros.evaluation.metrics import is_close
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engines.engine import (
    DepthEngine,
    EngineAbsentError,
    EngineError,
    Log,
)
from depth_distill_ros.inference.engines.openvino_engine import (
    INT8_FILE,
    INT8_PARTS,
    core,
    int8_made_for,
)
from depth_distill_ros.inference.parity import ParityLimits

FEWEST_DELTA1 = 0.995
"""Of int8 against torch on held-out frames, however low the limits are."""

_SHARE_OF_LIMITS = 0.8  # that may be used up; the rest is for other frames
_FEWEST = 16  # frames to measure ranges on
_CONVOLUTIONS = {'Convolution', 'GroupConvolution', 'MatMul'}
_ENCODER = '/encoder/'


def quantise(reference: DepthEngine, calibration: Sequence[np.ndarray],
             held_out: Sequence[np.ndarray], limits: ParityLimits, log: Log) -> None:
    """
    Make the int8 file of the reference's model and store it beside the model, unless it is there.

    Args:
        reference: the model with torch
        calibration: H×W×3 uint8 RGB frames on which the ranges are measured, some hundred
        held_out: other frames, on which the result is judged
        limits: of the difference to the reference
        log: gets a line for each file written or not used
    Raises:
        EngineAbsentError: NNCF is not installed, or the frames are too few
        EngineError: the model cannot be quantised, or its file cannot be stored
    """
    cache = EngineCache(reference.folder, log)
    if cache.stored(INT8_FILE, int8_made_for()) is not None:
        return
    if len(calibration) < _FEWEST:
        raise EngineAbsentError(f'an int8 file is made on {_FEWEST} frames or more, '
                                f'{len(calibration)} are there')
    cache.get(INT8_FILE, int8_made_for(), lambda: _quantised(
        cache.onnx(), reference, calibration, held_out, int8_limits(limits), log))
    if cache.stored(INT8_FILE, int8_made_for()) is None:
        raise EngineError(f'the int8 file of {reference.folder} cannot be stored; make the folder '
                          'or ~/.cache writable')


def can_quantise() -> bool:
    """Return whether what makes int8 files is installed."""
    return all(find_spec(package) for package in ('nncf', 'openvino', 'onnx'))


def int8_limits(limits: ParityLimits) -> ParityLimits:
    """Return the limits that hold for int8."""
    return replace(limits, delta1=max(limits.delta1, FEWEST_DELTA1))


def _quantised(onnx_file: bytes, reference: DepthEngine, calibration: Sequence[np.ndarray],
               held_out: Sequence[np.ndarray], limits: ParityLimits, log: Log) -> bytes:
    """Quantise all layers, or all but the encoder's if that differs too much from torch."""
    nncf = _nncf()
    images = [_seen(frame, reference.input_size) for frame in calibration]
    judged = [(_seen(frame, reference.input_size), _depth(reference, frame)) for frame in held_out]
    for kept in ('', _ENCODER):
        model = core().read_model(BytesIO(onnx_file))
        names = [node.get_friendly_name() for node in model.get_ordered_ops()
                 if node.get_type_name() in _CONVOLUTIONS]
        ignored = [name for name in names if kept and kept in name]
        with redirect_stdout(StringIO()):  # progress bars
            model = nncf.quantize(
                model, nncf.Dataset(images), subset_size=len(images),
                preset=nncf.QuantizationPreset.MIXED,
                ignored_scope=nncf.IgnoredScope(names=ignored))
        if not judged or _excess(core().compile_model(model, 'CPU'), judged,
                                 limits) < _SHARE_OF_LIMITS:
            break
        if not kept:
            log(f'{reference.folder}: the encoder stays in higher precision: int8 of all layers '
                'differs too much from torch')
    return _packed(model)


def _excess(model: Any, judged: Sequence[tuple[np.ndarray, np.ndarray]], limits: ParityLimits,
            ) -> float:
    """Return 1 for depth at the nearer of the limits, 0 for that of torch."""
    found = np.stack([np.asarray(model(image)[0])[0, 0] for image, _ in judged])
    expected = np.stack([depth for _, depth in judged])
    known = np.isfinite(expected) & np.isfinite(found) & (found > 0)
    error = np.median(np.abs(found - expected)[known] / expected[known])
    apart = 1 - np.mean(is_close(found[known], expected[known]))
    return float(max(error / max(limits.median_relative_error, 1e-6),
                     apart / max(1 - limits.delta1, 1e-6)))


def _packed(model: Any) -> bytes:
    """Return the two files of an OpenVINO model as one."""
    import openvino
    file = BytesIO()
    with tempfile.TemporaryDirectory() as folder, ZipFile(file, 'w') as packed:
        openvino.save_model(model, Path(folder) / INT8_PARTS[0], compress_to_fp16=False)
        for name in INT8_PARTS:
            packed.write(Path(folder) / name, name)
    return file.getvalue()


def _seen(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return View.fit(frame.shape[:2], size).image(frame)[None].copy()


def _depth(reference: DepthEngine, frame: np.ndarray) -> np.ndarray:
    return reference(frame, View.fit(frame.shape[:2], reference.input_size)).depth


def _nncf() -> Any:
    try:
        import nncf
    except ImportError as error:
        raise EngineAbsentError('NNCF, which makes int8 files, is not installed; pip install onnx '
                                'openvino nncf') from error
    nncf.set_log_level(logging.ERROR)
    return nncf
