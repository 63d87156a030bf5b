# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Offline distillation: a training on data sets, put together from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from depth_distill_ros import __version__, datasets
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.distillation.checkpoint import teacher_identity
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, STREAM
from depth_distill_ros.distillation.data.dataset_source import (
    DatasetBatches,
    DatasetSource,
    require_fields,
)
from depth_distill_ros.distillation.methods import effective, make_method, needs_gradient
from depth_distill_ros.distillation.offline_training import OfflineTraining
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.distillation.student_start import starting_student
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import mean_metrics
from depth_distill_ros.files import writing
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.file import upgraded, write_settings
from depth_distill_ros.settings.names import PAPER_SIZE, WITHOUT_TEACHER
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.spread import evenly_spread

_CHECKED_FRAMES = 20
# a training may go on with others of these
_CHANGEABLE = {'workers', 'g_lr', *settings_of(OptimisationSettings)} - {'batch', 'seed'}


@dataclass(frozen=True)
class OfflineRun:
    """A training ready to start or to resume: `training.steps(total, settings.batch)`."""

    training: OfflineTraining
    total: int
    compute: Compute


def open_run(settings: OfflineSettings, folder: Path, evaluate: Reader | None = None,
             ) -> OfflineRun:
    """
    Put a training together in `folder`, which is new or holds the same training, interrupted.

    `evaluate` holds the frames that the student is evaluated on, by the protocol of the robot.

    Raises DepthDistillError where a data set is missing, cannot be read, lacks a field that the
    method needs, or is of no use to the method.
    """
    _require_even_split(settings.batch, 'batch')
    if evaluate is not None:
        _require_fields(evaluate, ('depth',), getattr(evaluate, 'spec', '--evaluate'),
                        'an evaluation')
    settings = effective(settings.method, settings)
    teacher, card = _teacher(settings)
    height, width = settings.size if any(settings.size) else card.size if card else PAPER_SIZE
    size = height, width
    compute = Compute.available(settings.precision, rows=height)
    torch.manual_seed(settings.seed)
    start = starting_student(
        settings.student, settings.student_backbone, settings.student_start,
        **settings.student_options)
    method = make_method(settings.method, teacher, start.student, compute, size,
                         settings.batch // processes.count(), settings)
    source, epoch = _source(settings, method.needs, size, compute)
    total = settings.steps or max(1, round(settings.epochs * epoch))
    trainer = Trainer(method, settings, compute, total, settings.g_lr, start.frozen_batch_norm)
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    used = asdict(replace(settings, size=size))
    identity = {name: value for name, value in used.items() if name not in _CHANGEABLE} | (
        teacher_identity(settings.teacher, teacher) if teacher else {})
    student_card = ModelCard(
        settings.student, settings.student_backbone, size, card.intrinsics if card else None,
        options=settings.student_options, about={
            'role': 'student', 'package_version': __version__, 'settings': used,
            'device': str(compute)})
    training = OfflineTraining(folder, trainer, source, student_card, identity,
                               None if evaluate is None else lambda network: mean_metrics(
                                   network, evaluate, size, compute.device),
                               partial(upgraded, OfflineSettings),
                               partial(write_settings, settings, folder / 'run.yaml'))
    return OfflineRun(training, total, compute)


def _teacher(settings: OfflineSettings) -> tuple[nn.Module | None, ModelCard | None]:
    if settings.method in WITHOUT_TEACHER:
        return None, None
    return load_teacher(
        settings.teacher, settings.size, needs_gradient(settings.method, settings))


def _source(settings: OfflineSettings, needs: Mapping[str, tuple[str, ...]],
            size: tuple[int, int], compute: Compute) -> tuple[DatasetSource, float]:
    """Return the source of the method's batches, and the steps of a pass over the largest one."""
    specs = {name: getattr(settings, name) for name in (STREAM, LABELLED, AUXILIARY)}
    optional = {AUXILIARY} if STREAM in needs else set()
    for name, spec in specs.items():
        if name in needs and not spec:
            raise DepthDistillError(
                f'method {settings.method} needs --{name} KIND:PATH')
        if spec and name not in needs.keys() | optional:
            raise DepthDistillError(
                f'method {settings.method} does not use --{name} {spec}; omit it')
    opened, epoch = {}, 0.0
    for number, (name, spec) in enumerate(specs.items()):
        if not spec:
            continue
        reader, needed = datasets.open_reader(spec), needs.get(name, ())
        _require_fields(reader, needed, spec, f'method {settings.method}')
        images = _images(settings, name)
        if 'semantics' in needed and images < 2 * processes.count():
            raise DepthDistillError(
                f'{settings.method} mixes two images, and of a batch of {settings.batch} each '
                f'process has {images // processes.count()} of the stream; give a larger batch, '
                'or mixing: none')
        opened[name] = DatasetBatches(
            reader, preparation(spec, size, needed), images, settings.seed + number,
            compute.device, settings.workers, needed)
        epoch = max(epoch, len(reader) / images)
    return DatasetSource(opened), epoch


def _images(settings: OfflineSettings, source: str) -> int:
    """Return how many images of each batch come from the source."""
    auxiliary = settings.auxiliary_images if settings.auxiliary else 0
    if settings.auxiliary and settings.auxiliary_share and not auxiliary:
        raise DepthDistillError(
            f'auxiliary_share is {settings.auxiliary_share:g}, which a batch of {settings.batch} '
            'cannot have: give a batch of at least 3, or auxiliary_share: 0')
    _require_even_split(auxiliary, 'auxiliary_share')
    if not auxiliary:
        return settings.batch
    return auxiliary if source == AUXILIARY else settings.batch - auxiliary


def _require_even_split(images: int, setting: str) -> None:
    if images % processes.count():
        raise DepthDistillError(f'{images} images of a batch cannot be shared evenly by '
                                f'{processes.count()} processes; give another {setting}')


def _require_fields(reader: Reader, needed: tuple[str, ...], spec: str, needed_by: str) -> None:
    """Refuse a data set if frames all over it lack a field, or cannot be read."""
    reason = ''
    for index in evenly_spread(len(reader), _CHECKED_FRAMES):
        try:
            frame = reader[index]
        except DepthDistillError as error:
            reason = reason or str(error)
            continue
        try:
            require_fields(frame, needed)
            return
        except DepthDistillError as error:
            reason = f'{error}, which {needed_by} needs'
    raise DepthDistillError(f'{spec} cannot be used: {reason}')
