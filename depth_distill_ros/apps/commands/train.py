# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill train: train a depth network, supervised, on rendered rooms or a data set."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import json
from pathlib import Path
import shlex
import sys
import time
from typing import Any

import torch
from torch import nn

from depth_distill_ros import __version__
from depth_distill_ros.apps.commands._train_data import opened
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.apps.left_out import show_each, summary
from depth_distill_ros.apps.options import given, option_of, settings
from depth_distill_ros.datasets import help_text
from depth_distill_ros.distillation.batch_norm_loss import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.offline_training import OfflineTraining
from depth_distill_ros.distillation.student_start import IMAGENET
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_json
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, load_model, save_model
from depth_distill_ros.settings.field import renamed, settings_of
from depth_distill_ros.settings.training import TrainSettings

HELP = 'train a network with measured depth, for example a teacher'
DETAILS = help_text()
EXAMPLE = 'depth-distill train --look target --backbone resnet18 --steps 6000 --out my_teacher'

_STATISTICS_BATCHES = 64
_SETTINGS = ('network', 'backbone', 'start', 'size', 'steps', 'batch', 'lr', 'seed')
# how it is computed; the result does not depend on it
_HOW = ('precision', 'renderers', 'workers', 'evaluate', 'evaluate_every', 'per_image')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True, help='new model folder')


def run(arguments: argparse.Namespace) -> int:
    a, out = settings(TrainSettings, given(arguments, TrainSettings)), arguments.out
    size = a.size
    if out.exists():
        raise DepthDistillError(f'{out} exists; a model is never overwritten, name a new folder')
    compute = Compute.available(a.precision, rows=size[0])
    torch.manual_seed(a.seed)
    network = _start(a).to(compute.device, memory_format=torch.channels_last)
    names = (('data',) if a.data else ('look', 'reuse')) + _SETTINGS
    kept = {name: getattr(a, name) for name in names} | {'size': list(size)}
    with opened(a, size, compute) as data:
        trainer = Trainer(Supervised(network, compute), a, compute, a.steps)
        card = ModelCard(a.network, a.backbone, size, data.intrinsics)
        training = OfflineTraining(out.with_name(out.name + '.run'), trainer, data.source, card,
                                   {name: kept[name] for name in kept if name != 'lr'},
                                   data.evaluate, _upgraded)
        if trainer.step:
            print(f'resumed from step {trainer.step}')
        began = time.monotonic()
        show(training.steps(a.steps, a.batch, a.evaluate_every, a.evaluate_every),
             trainer.step, a.steps)
        network = with_own_statistics(trainer.average.module, (
            data.images(a.batch) for _ in range(_STATISTICS_BATCHES)))
        about = {
            'role': 'teacher', 'package_version': __version__, 'data': data.described,
            'command': shlex.join(['depth-distill', *_command(a, out)]), 'training': kept,
            'device': str(compute),
            'hours_of_the_last_run': round((time.monotonic() - began) / 3600, 2),
        }
        save_model(out, network, ModelCard(
            card.network, card.backbone, size, card.intrinsics, about=about), half=True)
        # Evaluate the stored weights, which are rounded to 16 bit.
        figures = data.evaluate(load_model(out)[0].to(compute.device))
        write_figures(out, {
            **data.held_out, **{name: round(value, 4) for name, value in figures.items()}})
    print(json.dumps(figures, indent=2))
    skipped = data.source.skipped if data.readers else ()
    if arguments.per_image:
        show_each(data.readers, skipped)
    if unused := summary(data.readers, skipped):
        # standard output holds the figures as JSON
        print(unused, file=sys.stderr)
    return 0


def _start(arguments: TrainSettings) -> nn.Module:
    if arguments.start in ('', IMAGENET):
        return build(arguments.network, arguments.backbone, pretrained=bool(arguments.start))
    network, card = load_model(Path(arguments.start))
    if (card.network, card.backbone) != (arguments.network, arguments.backbone):
        raise DepthDistillError(f'--start {arguments.start} is {card.network} {card.backbone}, '
                                f'not {arguments.network} {arguments.backbone}')
    return network


def write_figures(folder: Path, figures: dict) -> None:
    """Write the metrics on held-out frames to the card of the model."""
    path = folder / 'card.json'
    entries = json.loads(path.read_text(encoding='utf-8'))
    entries['about']['held_out'] = figures
    write_json(path, entries)


def _command(a: TrainSettings, out: Path) -> list[str]:
    """Return the words that repeat the training: what differs from the defaults."""
    words = ['train']
    data = {'data', 'evaluate'} if a.data else {'look', 'reuse', 'held_out_rooms'}
    for name, described in settings_of(TrainSettings).items():
        value = getattr(a, name)
        if name in data or name in _SETTINGS and value != '' or value != described.default \
                and name not in _HOW:
            words += option_of(name, value)
    return [*words, '--out', str(out)]


def _upgraded(kept: Mapping[str, Any]) -> dict[str, Any]:
    return renamed(kept, settings_of(TrainSettings))[0]
