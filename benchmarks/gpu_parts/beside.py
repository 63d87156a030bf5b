# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Latency of inference alone, and beside a training of D3 on the same device."""

from __future__ import annotations

import argparse
import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path
import tempfile
from typing import Any

import cv2
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.inference.engine_selection import open_engine, shipped_frames
from depth_distill_ros.settings.names import PAPER_SIZE
from gpu_parts.d3_step import Setup, our_step
from gpu_parts.engines import latencies, student_at
from gpu_parts.results import Results, device_of


def train(device: str, setup: Setup, started: Event, stop: Event) -> None:
    """Make steps until told to stop."""
    torch.set_num_threads(1)
    step = our_step(setup, torch.device(device), Compute.available('auto', device).precision)
    step()
    started.set()
    while not stop.is_set():
        step()


def run(a: argparse.Namespace, results: Results) -> None:
    """Measure alone, beside, and alone again."""
    device = str(device_of(a.device))
    gpu = device.startswith('cuda')
    setup = Setup('resnet18', 'mobilenetv2', 'light', 0.1, (64, 96), 4) if a.small else \
        Setup('resnet34', 'mobilenetv2', 'paper', 1.0, PAPER_SIZE, 8)
    frame, rounds = cv2.resize(shipped_frames()[0], (640, 480)), 30 if a.small else 300
    context = multiprocessing.get_context('spawn')
    started, stop = context.Event(), context.Event()
    with tempfile.TemporaryDirectory() as place:
        engine = open_engine(student_at((96, 128) if a.small else PAPER_SIZE, Path(place)),
                             'torch-cuda' if gpu else 'torch-cpu')

        def measured() -> dict[str, Any]:
            return latencies(engine, frame, rounds)

        results.attempt('alone', measured)
        training = context.Process(target=train, args=(device, setup, started, stop), daemon=True)
        training.start()
        if started.wait(max(1.0, results.seconds_left - 10)):
            results.attempt('beside training', measured)
        else:
            results.missing('the training made no step in its time')
        stop.set()
        training.join(10)
        if training.is_alive():
            training.kill()
            training.join()
        results.attempt('alone again', measured)
