# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training on data sets, put together from its settings; one file of them reproduces it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from depth_distill_ros import __version__, datasets
from depth_distill_ros.choices import METHODS, WITHOUT_TEACHER
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, STREAM
from depth_distill_ros.distillation.data.reader_source import ReaderSource
from depth_distill_ros.distillation.data.sources import Sources
from depth_distill_ros.distillation.methods import (
    MethodOptions,
    effective,
    make_method,
    needs_gradient,
)
from depth_distill_ros.distillation.run import TrainingRun
from depth_distill_ros.distillation.schedule import SCHEDULES
from depth_distill_ros.distillation.settings_check import check
from depth_distill_ros.distillation.student_start import IMAGENET, starting_student
from depth_distill_ros.distillation.trainer import Optimisation, Training
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.files import read_yaml, write_yaml, writing
from depth_distill_ros.networks.model import ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.shipped import shipped_teacher


@dataclass(frozen=True)
class Recipe:
    """What a paper trains with; epochs are passes over the largest of the sources."""

    lr: float = 1e-4
    schedule: str = 'd3'
    weight_decay: float = 1e-4
    batch: int = 8
    epochs: float = 20


# D3 does not say its weight decay, DACNN gives none; 'scratch' is ours, for random weights.
RECIPES = {
    'd3': Recipe(),
    'lwd': Recipe(schedule='lwd'),
    'dacnn-teacher': Recipe(schedule='dacnn', weight_decay=0.0, batch=6, epochs=10),
    'dacnn': Recipe(schedule='dacnn', weight_decay=0.0, batch=6, epochs=15),
    'scratch': Recipe(lr=1e-3, schedule='cosine', batch=16),
}
_LOOKED_AT = 20  # frames
_RECIPE_OF = {'lwd': 'lwd', 'supervised': 'lwd', 'dacnn': 'dacnn',
              'dacnn-teacher': 'dacnn-teacher'}


def recipe_of(method: str) -> str:
    """Return the name of the recipe that the method's paper trains with."""
    return _RECIPE_OF.get(method, 'd3')


@dataclass(frozen=True)
class RunSettings(MethodOptions):
    """
    All that a run follows from; `run.yaml` beside its outputs holds them.

    Attributes
    ----------
    stream, labelled, auxiliary : data as datasets.open_reader reads it; each method takes its own
    teacher : as networks.external.load_teacher reads it; empty: the shipped one
    student, backbone, start, student_options : as in start.starting_student
    size : (height, width) of the pictures; 0 0: the teacher's, else 228×304
    steps : 0: as many as the epochs say

    """

    method: str = 'd3'
    stream: str = ''
    labelled: str = ''
    auxiliary: str = ''
    teacher: str = ''
    student: str = 'lden'
    backbone: str = 'mobilenetv2'
    start: str = ''
    student_options: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    steps: int = 0
    epochs: float = 20
    batch: int = 8
    lr: float = 1e-4
    schedule: str = 'd3'
    weight_decay: float = 1e-4
    clip: float = 0.0
    ema: float = 0.999
    precision: str = 'auto'
    seed: int = 0
    workers: int = 0

    @classmethod
    def read(cls, path: Path) -> RunSettings:
        """Read a run.yaml; DepthDistillError names what it should not hold."""
        values = read_yaml(Path(path), DepthDistillError)
        known = {f.name for f in fields(cls)}
        if not isinstance(values, dict) or values.keys() - known - {'package_version'}:
            surplus = sorted(values.keys() - known) if isinstance(values, dict) else values
            raise DepthDistillError(f'{path} holds {surplus}, which no run has; settings are: '
                                    f'{", ".join(sorted(known))}')
        values.pop('package_version', None)
        values['size'] = tuple(values.get('size', (0, 0)))
        return cls(**values)

    def write(self, path: Path) -> None:
        values = {**asdict(self), 'size': list(self.size), 'package_version': __version__}
        write_yaml(Path(path), values)


@dataclass(frozen=True)
class OfflineRun:
    """A training ready to go on: `run.steps(total, images)`."""

    run: TrainingRun
    settings: RunSettings
    total: int
    sources: Sources
    compute: Compute


def open_run(settings: RunSettings, folder: Path, evaluate: Reader | None = None) -> OfflineRun:
    """
    Put the run together in `folder`, which is new or holds the same run, interrupted.

    `evaluate` gives the frames that the student is judged on, as the robot sees them.

    Raises DepthDistillError where a source is missing, cannot be read or has not what the method
    needs; what a method has no use for is refused too.
    """
    check(settings)
    settings = effective(settings.method, settings)
    compute = Compute.available(settings.precision)
    teacher, card = _teacher(settings)
    size = _size(settings, card)
    torch.manual_seed(settings.seed)
    student, learned = starting_student(
        settings.student, settings.backbone, settings.start, **settings.student_options)
    method = make_method(settings.method, teacher, student, compute, size,
                         settings.batch // processes.count(), settings,
                         # published weights saw other pictures; the papers train on with theirs
                         keep_encoder_statistics=learned and settings.start != IMAGENET)
    sources, largest = _sources(settings, method.needs, size, compute)
    total = settings.steps or max(1, round(settings.epochs * largest / settings.batch))
    training = Training(method, Optimisation(
        settings.lr, SCHEDULES[settings.schedule](total), settings.weight_decay, settings.clip,
        settings.ema), compute, settings.seed)
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # how it is computed may change between two sittings; what is computed may not
    kept = {name: value for name, value in asdict(replace(settings, size=size)).items()
            if name not in ('workers', 'precision')}
    student_card = ModelCard(
        settings.student, settings.backbone, size, card.intrinsics if card else None,
        options=settings.student_options, about={
            'role': 'student', 'package_version': __version__, 'settings': kept,
            'device': str(compute)})
    run = TrainingRun(folder, training, sources, student_card, kept,
                      evaluate and judged_on(evaluate, size, compute))
    if processes.rank() == 0:
        settings.write(folder / 'run.yaml')
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


def _teacher(settings: RunSettings) -> tuple[nn.Module | None, ModelCard | None]:
    if settings.method not in METHODS:
        raise DepthDistillError(
            f'no method {settings.method!r}; choose one of {", ".join(METHODS)}')
    if settings.method in WITHOUT_TEACHER:
        return None, None
    return load_teacher(
        settings.teacher or str(shipped_teacher()), settings.size if any(settings.size) else None,
        needs_gradient(settings.method, settings))


def _size(settings: RunSettings, card: ModelCard | None) -> tuple[int, int]:
    if any(settings.size):
        return tuple(settings.size)
    return card.size if card else (228, 304)


def _sources(settings: RunSettings, needs: Mapping[str, tuple[str, ...]],
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
            reader, preparation(spec, size, needs.get(source, ())), settings.batch,
            settings.seed + number, compute.device, settings.workers,
            needs.get(source, ()))
        largest = max(largest, len(reader))
    return Sources(sources), largest


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
