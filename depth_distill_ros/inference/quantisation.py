# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Post-training quantisation of a model to int8, with NNCF, for OpenVINO.

Weights and feature maps become int8 with ranges that are measured on frames of the run. Layers
whose int8 costs too much are left in the precision of the rest (NNCF's accuracy control). ONNX
Runtime's static quantisation differs from torch ten times as much (docs/MEASUREMENTS.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
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

_SHARE_OF_LIMITS = 0.8  # that accuracy control may use up; the rest is for other frames
_FEWEST = 16  # frames to measure ranges on
_LAYERS = 12  # at most, that it takes back; each costs seconds
_RANKED_ON = 4  # frames on which it finds the layer that costs most


def quantise(reference: DepthEngine, calibration: Sequence[np.ndarray],
             held_out: Sequence[np.ndarray], limits: ParityLimits, log: Log) -> None:
    """
    Make the int8 file of the reference's model and store it beside the model, unless it is there.

    Args:
        reference: the model with torch
        calibration: H×W×3 uint8 RGB frames on which the ranges are measured, some hundred
        held_out: other frames, on which layers are judged
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
        cache.onnx(), reference, calibration, held_out, limits))
    if cache.stored(INT8_FILE, int8_made_for()) is None:
        raise EngineError(f'the int8 file of {reference.folder} cannot be stored; make the folder '
                          'or ~/.cache writable')


def int8_limits(limits: ParityLimits) -> ParityLimits:
    """Return the limits that hold for int8."""
    return replace(limits, delta1=max(limits.delta1, FEWEST_DELTA1))


def _quantised(onnx_file: bytes, reference: DepthEngine, calibration: Sequence[np.ndarray],
               held_out: Sequence[np.ndarray], limits: ParityLimits) -> bytes:
    nncf = _nncf()
    images = [_seen(frame, reference.input_size) for frame in calibration]
    judged = [(_seen(frame, reference.input_size), _depth(reference, frame)) for frame in held_out]
    limits = int8_limits(limits)

    def excess(found: np.ndarray, expected: np.ndarray) -> float:
        """Return 1 for a depth at the nearer limit, 0 for that of torch."""
        known = np.isfinite(expected) & np.isfinite(found) & (found > 0)
        if not known.any():
            return 1e6
        error = np.median(np.abs(found - expected)[known] / expected[known])
        apart = 1 - np.mean(is_close(found[known], expected[known]))
        return float(max(error / max(limits.median_relative_error, 1e-6),
                         apart / max(1 - limits.delta1, 1e-6)))

    def judge(model: Any, frames: Iterable[tuple[np.ndarray, np.ndarray]],
              ) -> tuple[float, list[float]]:
        scores = [-excess(np.asarray(model(image)[0])[0, 0], depth) for image, depth in frames]
        return float(np.mean(scores)), scores

    advanced = nncf.quantization.advanced_parameters
    with redirect_stdout(StringIO()):  # progress bars
        model = nncf.quantize_with_accuracy_control(
            core().read_model(BytesIO(onnx_file)), nncf.Dataset(images),
            nncf.Dataset(judged, lambda pair: pair[0]), judge, max_drop=_SHARE_OF_LIMITS,
            drop_type=nncf.DropType.ABSOLUTE, preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(images),
            advanced_accuracy_restorer_parameters=advanced.AdvancedAccuracyRestorerParameters(
                max_num_iterations=_LAYERS, ranking_subset_size=_RANKED_ON))
    return _packed(model)


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
        raise EngineAbsentError('NNCF, which makes int8 files, is not installed; pip install '
                                '"depth_distill_ros[int8]"') from error
    nncf.set_log_level(logging.ERROR)
    return nncf
