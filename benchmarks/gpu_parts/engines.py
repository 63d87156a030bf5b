# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Latency of a VGA frame in every engine that opens here, with its difference to torch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
import tempfile
from time import perf_counter
from typing import Any

import cv2
import numpy as np
import torch

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_selection import (
    ENGINES,
    REFERENCE,
    open_engine,
    shipped_frames,
)
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.inference.parity import check_parity
from depth_distill_ros.networks.model_folder import load_model, save_model
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.shipped import shipped_start
from gpu_parts.results import Results


def student_at(size: tuple[int, int], folder: Path) -> Path:
    """Write the shipped student for images of another size."""
    network, card = load_model(shipped_start('mobilenetv2'))
    save_model(folder / 'student', network, replace(card, size=size, intrinsics=None))
    return folder / 'student'


def latencies(engine: DepthEngine, frame: np.ndarray, rounds: int) -> dict[str, float]:
    """Return percentiles in milliseconds, from the image to the depth on the host."""
    view = View.fit(frame.shape[:2], engine.input_size)
    found = []
    for _ in range(rounds):
        began = perf_counter()
        engine(frame, view)
        found.append(1e3 * (perf_counter() - began))
    return {f'p{q}_ms': float(np.percentile(found, q)) for q in (50, 99)}


def run(a: argparse.Namespace, results: Results) -> None:
    """Measure one engine after the other."""
    gpu = torch.cuda.is_available() and not a.device.startswith('cpu')
    frame = cv2.resize(shipped_frames()[0], (640, 480))
    with tempfile.TemporaryDirectory() as place:
        folder = student_at((96, 128) if a.small else PAPER_SIZE, Path(place))
        reference = open_engine(folder, REFERENCE)

        def measured(name: str) -> dict[str, Any]:
            began = perf_counter()
            engine = open_engine(folder, name)
            start, parity = perf_counter() - began, check_parity(
                engine, reference, shipped_frames())
            return {**latencies(engine, frame, 30 if a.small else 300), 'start_s': start,
                    'median_relative_error': parity.median_relative_error,
                    'delta1': parity.delta1}

        for name in ENGINES:
            if gpu or not name.startswith(('tensorrt', 'torch-cuda', 'onnxruntime-cuda')):
                results.attempt(name, lambda name=name: measured(name))
            else:
                results.missing(f'{name}: needs a GPU')
