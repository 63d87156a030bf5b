# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill export: make the files of inference engines beside a model.

An engine makes its missing files at the first start, which may take minutes with TensorRT. This
command makes them in advance. The int8 file of OpenVINO needs frames of the run that the release
lies in.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engine_selection import select_engine
from depth_distill_ros.inference.run_frames import CALIBRATION, run_frames
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.commands import ONNX
from depth_distill_ros.stream.split import Part

HELP = 'make the engine files beside a model: ONNX, OpenVINO, TensorRT'
EXAMPLE = 'depth-distill export runs/robot/releases/000012 --engine onnx tensorrt'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('model', type=Path, help='folder of the model')


def run(arguments: argparse.Namespace) -> int:
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        print(line)

    run_folder = arguments.model.resolve().parent.parent  # of work_dir/releases/000012
    ranges = run_frames([str(run_folder / name) for name in ('store', robot_frames.STORE)],
                        Part.TRAINING, CALIBRATION, print)
    for engine in arguments.engine:
        if engine == ONNX:
            EngineCache(arguments.model, log).onnx()
        else:
            select_engine(arguments.model, engine, log=log, calibration=ranges)
    if not lines:
        print(f'{arguments.model}: its engine files are up to date')
    return 0
