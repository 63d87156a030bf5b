#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Latency of inference alone, beside a training, and beside one that pauses for a latency budget.

Inference runs at a camera's rate in this process; the training is a process with one thread, as
niced as the distiller, and hears the 99th percentile of the last hundred frames once a second. The
phases take turns, so that other load on the machine affects all of them alike; the budget is a
factor of the latency alone. The first half of a phase with the budget, in which the pauses find
their length, does not count. A last round that would not end within --minutes does not begin, so
that a busy machine costs rounds, not time.

Example: python benchmarks/latency_budget.py --minutes 5 --seconds 20 --factor 1.5
"""

from __future__ import annotations

import argparse
from collections import deque
from dataclasses import replace
import multiprocessing
from multiprocessing.connection import Connection
import os
from pathlib import Path
import tempfile
import threading
import time

import cv2
import numpy as np
from rich.console import Console
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import STREAM, Batch
from depth_distill_ros.distillation.methods.kd_ood import KDOOD
from depth_distill_ros.distillation.operation.latency_budget import LatencyBudget
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_selection import open_engine, shipped_frames
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import load_model, save_model
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.shipped import shipped_start

_REPORT = 1.0  # seconds
_ALONE, _FREE, _BUDGET = 'alone', 'beside training', 'beside training with the budget'


def train(niceness: int, pipe: Connection) -> None:
    """Train while told to; messages are None (stop), or (budget, latency) in milliseconds."""
    os.nice(niceness)
    torch.set_num_threads(1)
    teacher, card = load_teacher('')
    compute = Compute(torch.device('cpu'), 'fp32')
    trainer = Trainer(KDOOD(teacher, build('lden_light', 'mobilenetv2'), compute, True, 0.0),
                      OptimisationSettings(), compute)
    x = torch.randn(8, 3, *card.size).to(memory_format=torch.channels_last)
    budget = [0.0]
    pacing = LatencyBudget(lambda: budget[0])
    trainer.pause = pacing.pause
    going = threading.Event()

    def listen() -> None:
        while (message := pipe.recv()) is not None:
            if message == 'steps':
                pipe.send(images_made[0])
                continue
            if message == 'wait':
                going.clear()
                continue
            budget[0], latency = message
            pacing.report(latency)
            going.set()
        os._exit(0)

    images_made = [0]
    threading.Thread(target=listen, daemon=True).start()
    while going.wait():
        trainer.train_step({STREAM: Batch(x)})
        images_made[0] += len(x)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rate', type=float, default=15.0, help='frames a second')
    parser.add_argument('--seconds', type=float, default=20.0, help='of a phase')
    parser.add_argument('--minutes', type=float, default=5.0, help='in all')
    parser.add_argument('--model', type=Path, default=shipped_start('mobilenetv2'))
    parser.add_argument('--engine', default='openvino-f32')
    parser.add_argument('--factor', type=float, default=1.5,
                        help='of the 99th percentile alone: the budget')
    parser.add_argument('--niceness', type=int, default=10)
    parser.add_argument('--threads', type=int, default=2, help='of the engine')
    a = parser.parse_args()
    began, console = time.perf_counter(), Console(width=110)
    torch.set_num_threads(a.threads)
    cv2.setNumThreads(1)
    frame = cv2.resize(shipped_frames()[0], (640, 480))
    pipe, theirs = multiprocessing.Pipe()
    training = multiprocessing.get_context('spawn').Process(
        target=train, args=(a.niceness, theirs), daemon=True)
    training.start()
    found: dict[str, list[tuple[float, float, float]]] = {_ALONE: [], _FREE: [], _BUDGET: []}
    with tempfile.TemporaryDirectory() as place:
        network, card = load_model(a.model)
        save_model(Path(place) / 'm', network, replace(card, size=(228, 304), intrinsics=None))
        engine = open_engine(Path(place) / 'm', a.engine)
        rounds, longest = 0, 0.0
        while time.perf_counter() - began + longest < 60.0 * a.minutes or not rounds:
            alone, since = 0.0, time.perf_counter()
            for phase in found:
                budget = a.factor * alone if phase == _BUDGET else 0.0
                figures = _phase(engine, frame, a, pipe, phase, budget)
                alone = alone or figures[1]
                found[phase].append(figures)
                console.print(f'{phase}: p50 {figures[0]:.1f}, p99 {figures[1]:.1f} ms, '
                              f'{figures[2]:.1f} images/s trained', highlight=False)
            rounds, longest = rounds + 1, max(longest, time.perf_counter() - since)
        pipe.send(None)
        training.join(10)
    medians = {phase: np.median(figures, axis=0) for phase, figures in found.items()}
    free = medians[_FREE][2] or float('nan')
    rows = [(phase, *(f'{v:.1f}' for v in values), f'{values[1] / medians[_ALONE][1]:.2f}',
             f'{values[2] / free:.2f}') for phase, values in medians.items()]
    console.print(terminal_table(
        ('phase', 'p50 ms', 'p99 ms', 'images/s trained', 'p99 of alone', 'images of free'), rows,
        title=f'{engine.name}, {a.threads} threads, {a.rate:g} Hz, {rounds} rounds of '
              f'{a.seconds:g} s, budget {a.factor:g} of alone, medians of the rounds, load '
              f'{os.getloadavg()[0]:.1f}'))


def _phase(engine: DepthEngine, frame: np.ndarray, a: argparse.Namespace, pipe: Connection,
           phase: str, budget: float) -> tuple[float, float, float]:
    """Return p50 and p99 in milliseconds, and the images a second that the training made."""
    view = View.fit(frame.shape[:2], engine.input_size)
    recent: deque[float] = deque(maxlen=100)
    counted, began, told = [], time.perf_counter(), 0.0
    made, since = 0, began
    pipe.send('wait' if phase == _ALONE else (budget, 0.0))
    due = began
    while (now := time.perf_counter()) - began < a.seconds:
        if now < due:
            time.sleep(due - now)
        arrival = max(due, now)
        engine(frame, view)
        recent.append(1e3 * (time.perf_counter() - arrival))
        due = max(due + 1 / a.rate, time.perf_counter())
        if now - began > a.seconds / 2:
            if not counted:
                since, made = now, _made(pipe)
            counted.append(recent[-1])
        if phase == _BUDGET and now - told > _REPORT:
            pipe.send((budget, float(np.percentile(recent, 99))))
            told = now
    rate = (_made(pipe) - made) / (time.perf_counter() - since)
    return float(np.median(counted)), float(np.percentile(counted, 99)), rate


def _made(pipe: Connection) -> int:
    pipe.send('steps')
    return pipe.recv()


if __name__ == '__main__':
    main()
