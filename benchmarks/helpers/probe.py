# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training of the general student by plain distillation, judged on a camera's images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
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
from depth_distill_ros.files import sha256_of
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.shipped import shipped_student

BATCH = 8
FRAMES_PER_ROOM = 8
_ROOM_SEED = 950_000_000
_BN_IMAGES = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a Probe needs."""
    parser.add_argument('--teacher', required=True, help='one that knows the images of the camera')
    parser.add_argument('--judge', nargs='+', required=True, metavar='KIND:PATH',
                        help='images of the camera with measured depth')
    parser.add_argument('--metrics', default='nyu-labelled', choices=PROTOCOLS)
    parser.add_argument('--vertical-fov', type=float, default=49.6, help="of a look's camera")


class HalfSize(nn.Module):
    """A student that reads images of half the size."""

    def __init__(self, student: nn.Module):
        super().__init__()
        self.student = student

    def forward(self, x: Tensor) -> Tensor:
        return self.student(avg_pool2d(x, 2).contiguous(memory_format=torch.channels_last))


class Probe:
    """
    Trains students by one teacher, and judges them on the same frames; float32 on the CPU.

    The students' images have half the size of the teacher's.

    Args:
        arguments: those of `add_arguments`
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._teacher, card = load_teacher(arguments.teacher)
        self._size, self._fov = card.size, arguments.vertical_fov
        self._judges = [open_reader(spec) for spec in arguments.judge]
        self._metrics = PROTOCOLS[arguments.metrics]
        self._compute = Compute(torch.device('cpu'), 'fp32')

    def rendered(self, look: str, rooms: int, folder: Path) -> str:
        """Return the data set of a look, or of its YAML file, which is rendered once."""
        world = World(look, _ROOM_SEED, rooms, FRAMES_PER_ROOM, self._size,
                      vertical_fov=self._fov)
        # a file that has changed is another look
        version = f'-{sha256_of(file)[:8]}' if (file := Path(look)).is_file() else ''
        return render(world, folder / f'{file.stem}{version}-{rooms}')

    def trained(self, spec: str, seed: int, marks: Sequence[int], schedule: str = 'cosine',
                augmentation: float = 1.0) -> Iterator[dict[str, float]]:
        """Train on a data set until the last of `marks`, in updates; yield the figures at each."""
        torch.manual_seed(seed)
        start = starting_student('lden_light', 'efficientnet_lite0',
                                 f'{WHOLE}{shipped_student("general")}')
        settings = OfflineSettings(
            method='kd-ood', augmentation=augmentation, batch=BATCH, lr=1e-3, schedule=schedule,
            clip=1.0, ema=0.99, seed=seed)
        method = make_method('kd-ood', self._teacher, HalfSize(start.student), self._compute,
                             self._size, BATCH, settings)
        trainer = Trainer(method, settings, self._compute, marks[-1],
                          frozen_batch_norm=start.frozen_batch_norm)
        source = DatasetSource({STREAM: self._batches(spec, BATCH, seed)})
        for step in range(marks[-1] + 1):
            if step in marks:
                yield {'updates': step, 'images': step * BATCH,
                       **self._judged(trainer.average.module)}
            if step < marks[-1]:
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
