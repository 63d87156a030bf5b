#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a student learns in rooms that it has not seen, and what it forgets elsewhere.

The training is the distiller node's own, on the stored frames of a simulator and of a robot.
Each data set that judges shows two figures, as on the robot: agreement is delta1 against the
teacher, the other one delta1 against the measured depth, with depth scaled by the focal length.

Example: python benchmarks/new_rooms.py first_student=real teacher=real \
    --stream folder:X1 --robot folder:office_rgbd,frames=0:70 \
    --judge office=folder:office_rgbd,frames=72:94 nyu=folder:nyu/train,frames=250:287 \
    --updates 0 50 150
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from pathlib import Path
import tempfile

import numpy as np
from rich.console import Console
import torch
from torch import nn
import yaml

from depth_distill_ros.apps.models.anchor import metres
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.preprocessing import Fit
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.evaluation.evaluated import evaluated
from depth_distill_ros.evaluation.protocol import PROTOCOLS
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.stream.store import StreamWriter

_CAPACITY = 20_000
_FIGURES = ('agreement', 'delta1')


class Judge:
    """Judges students by frames with measured depth, and by the teacher's depth of them."""

    def __init__(self, spec: str, teacher: nn.Module, card: ModelCard):
        fit, self._card = Fit(card.size), card
        self._measured = [fit(frame) for frame in open_reader(spec)]
        self._answered = [replace(frame, depth=metres(teacher, card, frame, card.size))
                          for frame in self._measured]

    def figures(self, student: nn.Module) -> list[float]:
        """Return agreement and delta1."""
        return [evaluated(student, self._card, frames, PROTOCOLS['robot'], torch.device('cpu'),
                          trained_with=self._card.intrinsics)['metrics']['delta1']
                for frames in (self._answered, self._measured)]


def fill(folder: Path, spec: str, size: tuple[int, int]) -> None:
    """Write a data set to a stream store, as the nodes see its images."""
    fit = Fit(size)
    with StreamWriter(folder, size, _CAPACITY) as writer:
        for frame in open_reader(spec):
            seen = fit(replace(frame, depth=None))
            if seen.semantics is None:
                seen = replace(seen, semantics=np.zeros(size, np.uint8))
            writer.append(seen)


def train(settings: OnlineSettings, arguments: argparse.Namespace, judges: list[Judge],
          size: tuple[int, int]) -> list[list[float]]:
    """Train; return the figures of all judges at each of the updates that are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / 'store', arguments.stream, size)
        if arguments.robot:
            fill(Path(folder) / robot_frames.STORE, arguments.robot, size)
        training, found = OnlineDistillation(settings, Path(folder)), []
        for step in range(max(arguments.updates) + 1):
            if step in arguments.updates:
                student = copy.deepcopy(training.student)  # a judge moves it to the CPU
                found.append([value for judge in judges for value in judge.figures(student)])
                print(f'seed {settings.seed}, update {step}: '
                      + ' '.join(f'{value:.3f}' for value in found[-1]), flush=True)
            if step < max(arguments.updates):
                training.train_step()
        training.close()
        return found


def main() -> None:
    """Train with each seed and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('settings', nargs='*', metavar='NAME=VALUE',
                        help='parameters of the distiller node')
    parser.add_argument('--stream', required=True, metavar='DATA',
                        help='simulated frames, with semantics')
    parser.add_argument('--robot', metavar='DATA', help="the robot's frames")
    parser.add_argument('--judge', nargs='+', required=True, metavar='NAME=DATA',
                        help='frames with measured depth')
    parser.add_argument('--updates', type=int, nargs='+', default=[0, 50, 150])
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    given = {name: yaml.safe_load(value) for name, value in (
        word.split('=', 1) for word in arguments.settings)}
    teacher, card = load_teacher(given.get('teacher', ''))
    named = dict(word.split('=', 1) for word in arguments.judge)
    judges = [Judge(spec, teacher, card) for spec in named.values()]
    best = [value for judge in judges for value in judge.figures(teacher)]
    figures = np.array([
        train(OnlineSettings.from_mapping({**given, 'seed': seed}), arguments, judges, card.size)
        for seed in arguments.seeds])
    rows = [(str(updates), *(f'{mean:.3f} ± {spread:.3f}' for mean, spread in zip(
        at.mean(0), at.std(0), strict=True)))
        for updates, at in zip(sorted(arguments.updates), figures.swapaxes(0, 1), strict=True)]
    rows.append(('teacher', *(f'{value:.3f}' for value in best)))
    Console().print(terminal_table(
        ('updates', *(f'{name}: {figure}' for name in named for figure in _FIGURES)), rows,
        title=' '.join(arguments.settings)))


if __name__ == '__main__':
    main()
