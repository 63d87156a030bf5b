#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
How near simulated images are to a camera's: one short training on each, judged on the camera's.

A stream is a look, a look's YAML file, or KIND:PATH. The general student learns from it by plain
distillation with the random camera augmentation, and reads images of half the teacher's size. l_BN
(eq. 6) is that of 32 images. The first line is the student that has not learned.

Example: python benchmarks/look_probe.py nyu mine.yaml --teacher METER \
    --judge folder:nyu_v2_labelled/train,frames=250:287 --out probe
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import json
from pathlib import Path
import time
from typing import Any

import numpy as np
from rich.console import Console
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from depth_distill_ros.apps.bench.rendered import World, render
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import STREAM
from depth_distill_ros.distillation.data.dataset_source import DatasetBatches, DatasetSource
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.distillation.student_start import WHOLE, starting_student
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import sha256_of
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.shipped import shipped_student

_ROOM_SEED, _FRAMES_PER_ROOM = 950_000_000, 8
_BN_IMAGES = 32
# by name of a figure, its heading and format
_COLUMNS = {'images': ('images', '.0f'), 'delta1': ('δ1', '.3f'),
            'delta1_median_scaled': ('δ1, scaled', '.3f'), 'rmse': ('RMSE, m', '.3f'),
            'l_bn': ('l_BN', '.0f'), 'seconds': ('CPU, s', '.0f')}


class HalfSize(nn.Module):
    """A student that reads images of half the size."""

    def __init__(self, student: nn.Module):
        super().__init__()
        self.student = student
        self.encoder = student.get_submodule('encoder')  # a trainer may keep its statistics

    def forward(self, x: Tensor) -> Tensor:
        return self.student(avg_pool2d(x, 2).contiguous(memory_format=torch.channels_last))


class Probe:
    """The teacher, the frames that judge, and one training for each stream and seed."""

    def __init__(self, arguments: argparse.Namespace):
        self._teacher, card = load_teacher(arguments.teacher)
        self._size = card.size
        self._judges = [open_reader(spec) for spec in arguments.judge]
        self._metrics, self._out = PROTOCOLS[arguments.metrics], arguments.out
        self._rooms, self._fov = arguments.rooms, arguments.vertical_fov
        self._images, self._compute = arguments.images, Compute(torch.device('cpu'), 'fp32')
        self._out.mkdir(parents=True, exist_ok=True)

    def data(self, stream: str) -> str:
        """Return the data set of a stream, rendered if it is a look."""
        if ':' in stream:
            return stream
        world = World(stream, _ROOM_SEED, self._rooms, _FRAMES_PER_ROOM, self._size,
                      vertical_fov=self._fov)
        # a file that has changed is another look
        version = f'-{sha256_of(file)[:8]}' if (file := Path(stream)).is_file() else ''
        return render(world, self._out / f'{file.stem}{version}')

    def trained(self, spec: str, seed: int) -> Iterator[dict[str, float]]:
        """Yield the figures at the start, in the middle and at the end of a training."""
        torch.manual_seed(seed)
        start = starting_student('lden_light', 'efficientnet_lite0',
                                 f'{WHOLE}{shipped_student("general")}')
        settings = OfflineSettings(
            method='kd-ood', augmentation=1.0, batch=8, lr=1e-3, schedule='cosine', clip=1.0,
            ema=0.99, seed=seed)
        method = make_method('kd-ood', self._teacher, HalfSize(start.student), self._compute,
                             self._size, settings.batch, settings)
        steps = self._images // settings.batch
        trainer = Trainer(method, settings, self._compute, steps,
                          keep_encoder_statistics=start.keeps_statistics)
        source = DatasetSource({STREAM: self._batches(spec, settings.batch, seed)})
        for step in range(steps + 1):
            if step in (0, steps // 2, steps):
                yield {'images': step * settings.batch, **self._judged(trainer.average.module)}
            if step < steps:
                trainer.train_step(source.draw())

    def _batches(self, spec: str, count: int, seed: int) -> DatasetBatches:
        return DatasetBatches(open_reader(spec), preparation(spec, self._size), count, seed,
                              self._compute.device)

    def _judged(self, student: nn.Module) -> dict[str, float]:
        evaluation = Evaluation(student.eval(), self._size, self._metrics, self._compute.device)
        for reader in self._judges:
            for _ in evaluation.frames(reader):
                pass
        found = evaluation.summary()
        return {'delta1': found['metrics']['delta1'], 'rmse': found['metrics']['rmse'],
                'delta1_median_scaled': found['median_scaled']['delta1']}

    @torch.no_grad()
    def seen(self, spec: str) -> dict[str, Any]:
        """Return l_BN of images, and the quartiles of the teacher's depth of them, metres."""
        x = self._batches(spec, _BN_IMAGES, 0).draw().x
        with FeatureStatistics(self._teacher).recorded() as terms:
            depth = self._teacher(x).numpy()
        return {'l_bn': float(sum(terms)), 'teacher_quartiles': np.quantile(
            depth, (0.25, 0.5, 0.75)).round(2).tolist()}


def main() -> None:
    """Train on each stream, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('streams', nargs='+', metavar='STREAM')
    parser.add_argument('--teacher', required=True, help='that knows the images of the camera')
    parser.add_argument('--judge', nargs='+', required=True, metavar='KIND:PATH',
                        help='images of the camera with measured depth')
    parser.add_argument('--metrics', default='nyu-labelled', choices=PROTOCOLS)
    parser.add_argument('--images', type=int, default=4000, help='that a student is trained on')
    parser.add_argument('--rooms', type=int, default=100, help='of a look, eight frames each')
    parser.add_argument('--vertical-fov', type=float, default=49.6, help="of a look's camera")
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--out', type=Path, default=Path('look_probe'),
                        help='folder for rendered frames and results.jsonl')
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    probe, console, cells = Probe(arguments), Console(), []
    with console.status('') as status:
        for stream in arguments.streams:
            status.update(f'{stream}: rendering')
            spec = probe.data(stream)
            seen = probe.seen(spec)
            for seed in arguments.seeds:
                began = time.process_time()
                for found in probe.trained(spec, seed):
                    row = {'stream': stream, 'seed': seed, **seen, **found,
                           'seconds': time.process_time() - began}
                    with open(arguments.out / 'results.jsonl', 'a', encoding='utf-8') as file:
                        file.write(json.dumps(row) + '\n')
                    cells.append((stream, str(seed), *(
                        format(row[name], how) for name, (_, how) in _COLUMNS.items())))
                    status.update(f'{stream}, seed {seed}: {cells[-1]}')
    console.print(terminal_table(
        ('stream', 'seed', *(heading for heading, _ in _COLUMNS.values())), cells))


if __name__ == '__main__':
    main()
