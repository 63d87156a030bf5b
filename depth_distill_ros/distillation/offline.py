# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training on data sets, put together from its settings; one file of them reproduces it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from depth_distill_ros import __version__, datasets
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, STREAM
from depth_distill_ros.distillation.data.reader_source import ReaderSource
from depth_distill_ros.distillation.data.sources import Sources
from depth_distill_ros.distillation.methods import effective, make_method, needs_gradient
from depth_distill_ros.distillation.run import TrainingRun
from depth_distill_ros.distillation.student_start import IMAGENET, starting_student
from depth_distill_ros.distillation.trainer import Training
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.files import writing
from depth_distill_ros.networks.model import ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import upgraded, write_settings
from depth_distill_ros.settings.names import WITHOUT_TEACHER
from depth_distill_ros.shipped import shipped_teacher

_LOOKED_AT = 20  # frames


@dataclass(frozen=True)
class OfflineRun:
    """A training ready to go on: `run.steps(total, images)`."""

    run: TrainingRun
    settings: OfflineSettings
    total: int
    sources: Sources
    compute: Compute


def open_run(settings: OfflineSettings, folder: Path, evaluate: Reader | None = None,
             ) -> OfflineRun:
    """
    Put the run together in `folder`, which is new or holds the same run, interrupted.

    `evaluate` gives the frames that the student is judged on, as the robot sees them.

    Raises DepthDistillError where a source is missing, cannot be read or has not what the method
    needs; what a method has no use for is refused too.
    """
    if settings.batch % processes.count():
        raise DepthDistillError(f'a batch of {settings.batch} cannot be shared evenly by '
                                f'{processes.count()} processes; give a multiple of that')
    settings = effective(settings.method, settings)
    compute = Compute.available(settings.precision)
    teacher, card = _teacher(settings)
    size = _size(settings, card)
    torch.manual_seed(settings.seed)
    student, learned = starting_student(
        settings.student, settings.student_backbone, settings.student_start,
        **settings.student_options)
    method = make_method(settings.method, teacher, student, compute, size,
                         settings.batch // processes.count(), settings,
                         # published weights saw other pictures; the papers train on with theirs
                         keep_encoder_statistics=learned and settings.student_start != IMAGENET)
    sources, largest = _sources(settings, method.needs, size, compute)
    total = settings.steps or max(1, round(settings.epochs * largest / settings.batch))
    training = Training(method, settings, compute, total)
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # how it is computed may change between two sittings; what is computed may not
    kept = {name: value for name, value in asdict(replace(settings, size=size)).items()
            if name not in ('workers', 'precision')}
    student_card = ModelCard(
        settings.student, settings.student_backbone, size, card.intrinsics if card else None,
        options=settings.student_options, about={
            'role': 'student', 'package_version': __version__, 'settings': kept,
            'device': str(compute)})
    run = TrainingRun(folder, training, sources, student_card, kept,
                      evaluate and judged_on(evaluate, size, compute),
                      partial(upgraded, OfflineSettings))
    if processes.rank() == 0:
        write_settings(settings, folder / 'run.yaml')
    return OfflineRun(run, settings, total, sources, compute)


def judged_on(reader: Reader, size: tuple[int, int], compute: Compute,
              ) -> Callable[[nn.Module], dict[str, float]]:
    """Return what gives the mean metrics of a network on the reader's frames."""
    def judge(network: nn.Module) -> dict[str, float]:
        evaluation = Evaluation(network.eval(), size, PROTOCOLS['robot'], compute.device)
        for _ in evaluation.frames(reader):
            pass
        return evaluation.summary()['metrics']

    return judge


def _teacher(settings: OfflineSettings) -> tuple[nn.Module | None, ModelCard | None]:
    if settings.method in WITHOUT_TEACHER:
        return None, None
    return load_teacher(
        settings.teacher or str(shipped_teacher()), settings.size if any(settings.size) else None,
        needs_gradient(settings.method, settings))


def _size(settings: OfflineSettings, card: ModelCard | None) -> tuple[int, int]:
    if any(settings.size):
        return tuple(settings.size)
    return card.size if card else (228, 304)


def _sources(settings: OfflineSettings, needs: Mapping[str, tuple[str, ...]],
             size: tuple[int, int], compute: Compute) -> tuple[Sources, int]:
    given = {source: getattr(settings, source) for source in (STREAM, LABELLED, AUXILIARY)}
    optional = {AUXILIARY} if STREAM in needs else set()
    for source, spec in given.items():
        if source in needs and not spec:
            raise DepthDistillError(
                f'method {settings.method} needs --{source} KIND:PATH')
        if spec and source not in needs.keys() | optional:
            raise DepthDistillError(
                f'method {settings.method} has no use for --{source} {spec}')
    sources, largest = {}, 0
    for number, (source, spec) in enumerate(given.items()):
        if not spec:
            continue
        reader = datasets.open_reader(spec)
        _require(reader, needs.get(source, ()), spec, settings.method)
        sources[source] = ReaderSource(
            reader, preparation(spec, size, needs.get(source, ())), _share(settings, source),
            settings.seed + number, compute.device, settings.workers,
            needs.get(source, ()))
        largest = max(largest, len(reader))
    return Sources(sources), largest


def _share(settings: OfflineSettings, source: str) -> int:
    """Return the images that the source gives to a batch."""
    auxiliary = settings.auxiliary_images if settings.auxiliary else 0
    if auxiliary % processes.count():
        raise DepthDistillError(f'{auxiliary} auxiliary images a batch cannot be shared evenly by '
                                f'{processes.count()} processes; give another auxiliary_share')
    if not auxiliary:
        return settings.batch
    return auxiliary if source == AUXILIARY else settings.batch - auxiliary


def _require(reader: Reader, needed: tuple[str, ...], spec: str, method: str) -> None:
    """Refuse data whose first frames all lack what the method needs; a few may."""
    lacking: list[str] = []
    for index in range(min(len(reader), _LOOKED_AT)):
        sample = reader[index]
        lacking = [field for field in needed if getattr(sample, field) is None]
        if not lacking:
            return
    if lacking:
        raise DepthDistillError(f'method {method} needs {" and ".join(lacking)}, which {spec} '
                                f'has not ({sample.name})')
