# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What the time that is left can train: a teacher of real rooms, then students by KD-OOD and D3.

Each training resumes where an earlier call stopped. Its weights are written in pieces of 15 MB at
most: `cat NAME.safetensors.* > NAME.safetensors` puts them together.
"""

from __future__ import annotations

import argparse
from contextlib import closing
import hashlib
from pathlib import Path
import shutil
import time
from typing import Any
from zipfile import ZipFile

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.evaluation.protocol import mean_metrics
from depth_distill_ros.networks.model_folder import WEIGHTS, ModelCard, save_model
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.names import PAPER_SIZE
from gpu_parts.results import Results

_PIECE = 15 * 10**6
_HELD_OUT = 8  # of the labelled frames one of so many judges


def run(a: argparse.Namespace, results: Results) -> None:
    """Share the time among the trainings: half for the teacher, a quarter for each student."""
    if a.data is None or not (a.data / 'stream.zip').is_file():
        results.missing('prepared data: give --data DIR, made by --prepare DIR')
        return
    folders = {name: _unpacked(a.data / f'{name}.zip', a.out / 'data' / name)
               for name in ('stream', 'labelled')}
    size = (64, 96) if a.small else PAPER_SIZE
    common: dict[str, Any] = {'size': size, 'batch': 4 if a.small else 32, 'workers': 0
                              if a.small else 8, 'steps': 10_000_000, 'schedule': 'constant'}
    trained, teacher = [], ''
    if folders['labelled']:
        count = len(open_reader(f'folder:{folders["labelled"]}'))
        fewer = count - count // _HELD_OUT
        judged = f'folder:{folders["labelled"]},frames={fewer}:{count}'
        trained.append(('teacher', 2.0, {
            'method': 'supervised', 'labelled': f'folder:{folders["labelled"]},frames=0:{fewer}',
            'student': 'lden', 'student_backbone': 'resnet18' if a.small else 'resnet34',
            'lr': 5e-4}))
        teacher = str(a.out / 'teacher' / 'model')
    else:
        judged = ''
        results.missing('labelled.zip: no teacher of real rooms; the shipped one teaches')
    stream = f'folder:{folders["stream"]}'
    trained += [(name, 1.0, {
        'method': name, 'stream': stream, 'teacher': teacher, 'student': 'lden',
        'student_backbone': 'mobilenetv2', 'g_width': 0.1 if a.small else 1.0, 'lr': 5e-4})
        for name in ('kd-ood', 'd3')]
    weights = sum(weight for _, weight, _ in trained)
    for name, weight, options in trained:
        if name == 'teacher' and (a.out / 'kd-ood' / 'last.pt').exists():
            results.missing('more of the teacher: its students have begun, which keep to it')
            weights -= weight
            continue
        seconds, weights = results.seconds_left * weight / weights, weights - weight
        results.attempt(name, lambda name=name, options=options, seconds=seconds: _train(
            a.out / name, OfflineSettings.from_mapping({**common, **options}), judged, seconds))


def _train(folder: Path, settings: OfflineSettings, judged: str, seconds: float,
           ) -> dict[str, Any]:
    ends = time.monotonic() + 0.8 * seconds  # the rest is for opening, saving and the evaluation
    evaluated = open_reader(judged) if judged else None
    run = open_run(settings, folder, evaluated)
    first, losses, images_per_s = run.training.trainer.step, {}, 0.0
    with closing(run.training.steps(run.total, settings.batch)) as steps:
        for progress in steps:
            losses, images_per_s = progress.losses, progress.images_per_s
            if time.monotonic() >= ends:
                break
    step = run.training.trainer.step
    model = run.training.trainer.average.module
    size, device = settings.size, run.compute.device
    shutil.rmtree(folder / 'model', ignore_errors=True)  # of an earlier call
    save_model(folder / 'model', model, ModelCard(
        settings.student, settings.student_backbone, size))
    figures = mean_metrics(model, evaluated, size, device) if evaluated else None
    return {'steps': step, 'of_them_now': step - first, 'losses': losses,
            'images_per_s': images_per_s, 'figures': figures,
            'weights': _in_pieces(folder / 'model' / WEIGHTS, folder / 'pieces')}


def _in_pieces(weights: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    data = weights.read_bytes()
    for number, start in enumerate(range(0, len(data), _PIECE)):
        (folder / f'{weights.name}.{number:03d}').write_bytes(data[start:start + _PIECE])
    return {'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()}


def _unpacked(file: Path, folder: Path) -> Path | None:
    if not file.is_file():
        return None
    with ZipFile(file) as packed:
        packed.extractall(folder)
    return folder
