#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a student has learned after so many seconds of processor time on a growing stream.

The training is the distiller node's own, with the shipped teacher and one torch thread. The stream
grows as in the demo: 48 simulated frames at first, then `--frames` a second; with `--robot` one
frame a second of the robot's camera too. Judged on the shipped frames of other rooms.
l_rec is how much G changes an image in the last step that trained it.

Example: python benchmarks/online_training.py student=lden lr=0.0005 --seconds 240 --seeds 0 1 2
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
import tempfile
import time

import cv2
import numpy as np
from rich.console import Console
import torch
import yaml

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.evaluation.blind_map import load
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.protocol import PROTOCOLS, mean_metrics
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.shipped import shipped_blind_map, shipped_robot_rooms, shipped_rooms
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

_FIRST, _CAPACITY = 48, 20_000
_FOV = 0.8727  # of the path-traced rooms' camera


def simulated(size: tuple[int, int], seed: int) -> Iterator[Frame]:
    """Yield frames as the demo's simulator makes them, at the teacher's size."""
    with SimulatedCamera('stream', 1000 + seed, (240, 320), 5, _FOV, stride=0.5) as camera:
        for frame in camera:
            yield _resized(frame.image, frame.semantics, frame, size)


def robots(size: tuple[int, int]) -> Iterator[Frame]:
    """Yield the frames that the demo's robot camera plays, once."""
    for frame in open_reader(f'folder:{shipped_robot_rooms()}'):
        yield _resized(frame.image, np.zeros(frame.image.shape[:2], np.uint8), frame, size)


def _resized(image: np.ndarray, semantics: np.ndarray, frame: Frame, size: tuple[int, int],
             ) -> Frame:
    image, semantics = (cv2.resize(a, size[::-1], interpolation=how) for a, how in (
        (image, cv2.INTER_AREA), (semantics, cv2.INTER_NEAREST)))
    return Frame(image, semantics=semantics, intrinsics=frame.intrinsics.resized(size))


def write(folder: Path, size: tuple[int, int], seed: int, pipe: Connection) -> None:
    """Append frames until as many are stored as the trainer asks for: (simulated, the robot's)."""
    frames = simulated(size, seed), robots(size)
    with StreamWriter(folder / 'store', size, _CAPACITY) as stream, \
            StreamWriter(folder / robot_frames.STORE, size, _CAPACITY) as robot:
        stored = [0, 0]
        while wanted := pipe.recv():
            for kind, writer in enumerate((stream, robot)):
                for frame in islice(frames[kind], max(0, wanted[kind] - stored[kind])):
                    writer.append(frame)
                stored[kind] = max(stored[kind], wanted[kind])
            pipe.send(stored)


def train(settings: OnlineSettings, seconds: float, per_second: float, with_robot: bool,
          marks: int) -> list[tuple[int, float, float, float]]:
    """Train for so many seconds of processor time; return (step, delta1, RMSE, l_rec) by mark."""
    with tempfile.TemporaryDirectory() as folder:
        size = load_teacher(settings.teacher)[1].size
        ours, theirs = multiprocessing.Pipe()
        # LMDB opens a store once in a process
        writer = multiprocessing.get_context('spawn').Process(
            target=write, args=(Path(folder), size, settings.seed, theirs))
        writer.start()

        def wanted(spent: float) -> tuple[int, int]:
            return round(_FIRST + per_second * spent), round(spent) if with_robot else 0

        try:
            ours.send(wanted(0.0))
            ours.recv()
            training = OnlineDistillation(settings, Path(folder))
            assert training.ready()
            judged = open_reader(f'folder:{shipped_rooms()}')
            found: list[tuple[int, float, float, float]] = []
            spent, l_rec = 0.0, np.nan
            while len(found) < marks:
                began = time.process_time()
                losses = training.train_step()
                spent += time.process_time() - began
                l_rec = losses.get('l_rec', l_rec)
                ours.send(wanted(spent))
                ours.recv()
                if spent >= (len(found) + 1) * seconds / marks:
                    figures = mean_metrics(training.student, judged, size, torch.device('cpu'))
                    found.append((training.step, figures['delta1'], figures['rmse'], l_rec))
                    print(f'seed {settings.seed}, {spent:.0f} s, step {training.step}: delta1 '
                          f'{figures["delta1"]:.3f}', flush=True)
            training.close()
            return found
        finally:
            ours.send(None)
            writer.join()


def main() -> None:
    """Train with each seed and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('settings', nargs='*', metavar='NAME=VALUE',
                        help='parameters of the distiller node')
    parser.add_argument('--seconds', type=float, default=240.0, help='processor time to train')
    parser.add_argument('--frames', type=float, default=6.6,
                        help='simulated frames for each second of training')
    parser.add_argument('--robot', action='store_true',
                        help="with frames of the robot's camera, one for each second")
    parser.add_argument('--marks', type=int, default=8, help='evaluations, at equal distances')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    given = {name: yaml.safe_load(value) for name, value in (
        word.split('=', 1) for word in arguments.settings)}
    judged = open_reader(f'folder:{shipped_rooms()}')
    teacher, card = load_teacher(given.get('teacher', ''))
    blind_map = BlindNetwork(load(shipped_blind_map()), PROTOCOLS['robot'], card.size)
    blind, best = (mean_metrics(network, judged, card.size, torch.device('cpu'))['delta1']
                   for network in (blind_map, teacher))
    runs = []
    for seed in arguments.seeds:
        settings = OnlineSettings.from_mapping(
            {'min_frames': _FIRST, **given, 'seed': seed})
        runs.append(train(settings, arguments.seconds, arguments.frames, arguments.robot,
                          arguments.marks))
    figures = np.array(runs)
    rows = [(f'{arguments.seconds * (mark + 1) / arguments.marks:.0f}', f'{at[:, 0].mean():.0f}',
             _spread(at[:, 1]), _spread(at[:, 2]), _spread((at[:, 1] - blind) / (best - blind)),
             f'{at[:, 3].mean():.3f}')
            for mark, at in enumerate(figures.swapaxes(0, 1))]
    Console().print(terminal_table(
        ('seconds', 'steps', 'delta1', 'RMSE, m', 'gain', 'l_rec'), rows,
        title=f'{" ".join(arguments.settings)} (blind map {blind:.3f}, teacher {best:.3f})'))


def _spread(values: np.ndarray) -> str:
    return f'{values.mean():.3f} ± {values.std():.3f}'


if __name__ == '__main__':
    main()
