#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What int8 saves and costs: OpenVINO by NNCF, as `engine: auto` uses it, and ONNX Runtime's own.

Of a run it takes the newest release, the training frames for the ranges and the held-out ones for
the comparison; of a model alone the path-traced frames of the package. All engines run in turn on
one frame each, so that other load slows all alike; the best and the median of the rounds count.
The gain is the share of the way from the blind map to the teacher, δ1 on the package's rooms.

Example: python benchmarks/int8.py runs/kitchen --size 228 304
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import shutil
import tempfile
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from rich.console import Console
import torch

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.evaluation.blind_map import load
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.metrics import depth_metrics
from depth_distill_ros.evaluation.protocol import PROTOCOLS, mean_metrics
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engine_selection import open_engine
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError
from depth_distill_ros.inference.engines.onnxruntime_engine import OnnxRuntimeEngine
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.inference.quantisation import quantise
from depth_distill_ros.inference.run_frames import CALIBRATION, run_frames
from depth_distill_ros.networks.model_folder import load_model, save_model
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.shipped import shipped_blind_map, shipped_robot_rooms, shipped_rooms
from depth_distill_ros.stream.split import Part

_COMPARED = 'openvino-f32', 'openvino-bf16', 'openvino-int8', 'onnxruntime-cpu'
_ORT_INT8 = 'onnxruntime-int8'
_HELD_OUT = 16  # frames of each store
_EVERY = 3  # room frames that the gain is measured on: one of so many


class OnnxRuntimeInt8(OnnxRuntimeEngine):
    """ONNX Runtime with its static quantisation (QDQ), per channel, of all convolutions."""

    def __init__(self, folder: Path, calibration: Sequence[np.ndarray]):
        super().__init__(folder, 'cpu', print)
        self.name = _ORT_INT8
        import onnxruntime
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process
        size = self.input_size

        class Ranges(CalibrationDataReader):
            def __init__(self) -> None:
                self._left = iter(calibration)

            def get_next(self) -> dict[str, Any] | None:
                frame = next(self._left, None)
                return None if frame is None else {'picture': View.fit(
                    frame.shape[:2], size).image(frame)[None]}

        with tempfile.TemporaryDirectory() as place:
            plain, ready, made = (f'{place}/{name}.onnx' for name in ('plain', 'ready', 'made'))
            Path(plain).write_bytes(EngineCache(folder).onnx())
            quant_pre_process(plain, ready)
            quantize_static(ready, made, Ranges(), quant_format=QuantFormat.QDQ, per_channel=True,
                            op_types_to_quantize=['Conv'])
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = torch.get_num_threads()
            self._session = onnxruntime.InferenceSession(
                made, options, providers=['CPUExecutionProvider'])


def frames_of(source: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the frames for the ranges and those for the comparison."""
    stores = [str(source / name) for name in ('store', robot_frames.STORE)]
    ranges, held_out = (run_frames(stores, part, count, print) for part, count in (
        (Part.TRAINING, CALIBRATION), (Part.HELD_OUT, _HELD_OUT)))
    if ranges:
        return ranges, held_out
    robots, rooms = (open_reader(f'folder:{folder}') for folder in (
        shipped_robot_rooms(), shipped_rooms()))
    return [frame.image for frame in robots], [rooms[i].image for i in range(1, len(rooms), 5)]


def model_of(source: Path, size: tuple[int, int] | None, place: Path) -> Path:
    """Copy the model, or the newest release of a run, at another size if one is given."""
    releases = sorted((source / 'releases').glob('[0-9]*'))
    network, card = load_model(releases[-1] if releases else source)
    folder = place / f'{source.name}'
    shutil.rmtree(folder, ignore_errors=True)
    save_model(folder, network, replace(card, size=size or card.size, intrinsics=None))
    return folder


def rounds_of(engines: Sequence[DepthEngine], frame: np.ndarray, rounds: int) -> np.ndarray:
    """Return milliseconds of each round and engine."""
    view = View.fit(frame.shape[:2], engines[0].input_size)
    found = np.empty((rounds, len(engines)))
    for row in found:
        for i, engine in enumerate(engines):
            began = perf_counter()
            engine(frame, view)
            row[i] = 1e3 * (perf_counter() - began)
    return found


def truth_delta1(engine: DepthEngine) -> float:
    """Return δ1 against the true depth of the package's rooms, as mean_metrics of a network."""
    found = []
    rooms = open_reader(f'folder:{shipped_rooms()}')
    for i in range(0, len(rooms), _EVERY):
        frame = rooms[i]
        view = View.fit(frame.image.shape[:2], engine.input_size)
        depth = engine(frame.image, view).depth
        true = view.depth(frame.depth)
        found.append(depth_metrics(cv2.resize(depth, true.shape[::-1]), true)['delta1'])
    return float(np.mean(found))


def teacher_delta1(engine: DepthEngine, teacher: torch.nn.Module, size: tuple[int, int],
                   frames: Sequence[np.ndarray]) -> float:
    """Return the share of pixels within a factor of 1.25 of the teacher's depth."""
    from depth_distill_ros.networks.normalisation import to_input
    found = []
    for frame in frames:
        view = View.fit(frame.shape[:2], engine.input_size)
        with torch.no_grad():
            theirs = teacher(to_input(torch.from_numpy(
                View.fit(frame.shape[:2], size).image(frame)[None])))[0, 0].numpy()
        depth = engine(frame, view).depth
        found.append(depth_metrics(depth, cv2.resize(theirs, depth.shape[::-1]))['delta1'])
    return float(np.mean(found))


def main() -> None:
    """Measure and print a table for each model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sources', nargs='+', type=Path, help='runs or model folders')
    parser.add_argument('--size', nargs=2, type=int, metavar=('H', 'W'),
                        help="the network's input (default: that of the card)")
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=60)
    parser.add_argument('--no-gain', action='store_true',
                        help='leave out the comparison with the teacher and the true depth')
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    cv2.setNumThreads(a.threads)
    console = Console(width=120)
    teacher, card = load_teacher('')
    rooms = open_reader(f'folder:{shipped_rooms()}')
    judged = [rooms[i] for i in range(0, len(rooms), _EVERY)]
    blind, best = (0.0, 1.0) if a.no_gain else (
        mean_metrics(network, judged, card.size, torch.device('cpu'))['delta1'] for network in (
            BlindNetwork(load(shipped_blind_map()), PROTOCOLS['robot'], card.size), teacher))
    with tempfile.TemporaryDirectory() as place:
        for source in a.sources:
            folder = model_of(source, tuple(a.size) if a.size else None, Path(place))
            ranges, held_out = frames_of(source)
            reference = open_engine(folder, 'torch-cpu')
            began = perf_counter()
            quantise(reference, ranges, held_out, ParityLimits(), console.print)
            made = perf_counter() - began
            engines = [reference]
            for name in _COMPARED:
                try:
                    engines.append(open_engine(folder, name))
                except EngineAbsentError as error:
                    console.print(error)
            engines.append(OnnxRuntimeInt8(folder, ranges))
            frame = cv2.resize(held_out[0], (640, 480))
            found = rounds_of(engines, frame, a.rounds)
            times = dict(zip((e.name for e in engines), found.min(axis=0), strict=True))
            rows = []
            for i, engine in enumerate(engines):
                parity = check_parity(engine, reference, held_out)
                true = float('nan') if a.no_gain else truth_delta1(engine)
                rows.append((
                    engine.name, f'{times[engine.name]:.1f}', f'{np.median(found[:, i]):.1f}',
                    f'{times["openvino-f32"] / times[engine.name]:.2f}',
                    f'{parity.median_relative_error:.4f}', f'{parity.delta1:.4f}',
                    f'{parity.confidence_error:.4f}',
                    '' if a.no_gain else
                    f'{teacher_delta1(engine, teacher, card.size, held_out):.4f}',
                    f'{(true - blind) / (best - blind):.3f}'))
            console.print(terminal_table(
                ('engine', 'best ms', 'median', '× f32', 'median error', 'δ1', 'confidence',
                 'δ1 teacher', 'gain'), rows,
                title=f'{source.name}: {reference.card.network}, {reference.input_size[0]}×'
                f'{reference.input_size[1]}, {len(ranges)} frames for the ranges, '
                f'{len(held_out)} compared, made in {made:.0f} s, {a.threads} threads'))


if __name__ == '__main__':
    main()
