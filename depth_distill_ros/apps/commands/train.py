# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill train: train a depth network, supervised, on rendered rooms or a data set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import shlex
import time

import torch
from torch import nn

from depth_distill_ros import __version__
from depth_distill_ros.apps.commands._train_data import opened
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.datasets import help_text
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.offline_training import OfflineTraining
from depth_distill_ros.distillation.statistics import with_own_statistics
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_json
from depth_distill_ros.networks import BACKBONES, NETWORKS, build
from depth_distill_ros.networks.model import ModelCard, load_model, save_model
from depth_distill_ros.settings.optimisation import OptimisationSettings

HELP = 'train a network with measured depth, for example a teacher'
DETAILS = help_text()
EXAMPLE = 'depth-distill train --look target --backbone resnet18 --steps 6000 --out my_teacher'

_STATISTICS_BATCHES = 64
_SETTINGS = ('network', 'backbone', 'start', 'steps', 'batch', 'lr', 'seed')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True, help='new model folder')
    parser.add_argument('--look', default='target',
                        help='look of the rooms that are rendered during the training: target, '
                        'stream, or a YAML file of ranges, such as sim/randomisation.yaml')
    parser.add_argument('--data', default='', metavar='KIND:PATH[,KEY=VALUE...]',
                        help='train on these frames with measured depth instead')
    parser.add_argument('--evaluate', default='', metavar='KIND:PATH[,KEY=VALUE...]',
                        help='with --data: frames to evaluate on')
    parser.add_argument('--network', choices=NETWORKS, default='lden')
    parser.add_argument('--backbone', choices=BACKBONES, default='resnet18')
    parser.add_argument('--start', default='', metavar='FOLDER',
                        help='model of the same network to start from (default: random weights)')
    parser.add_argument('--size', type=int, nargs=2, default=(96, 128), metavar=('H', 'W'))
    parser.add_argument('--steps', type=int, default=6000)
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--lr', type=float, default=1e-3,
                        help='maximum learning rate; suits a start from random weights')
    parser.add_argument('--precision', default=OptimisationSettings.precision)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--reuse', type=float, default=3.0,
                        help='average number of uses of a rendered frame')
    parser.add_argument('--renderers', type=int, default=1, help='number of rendering processes')
    parser.add_argument('--workers', type=int, default=0,
                        help='number of processes that read frames of --data')
    parser.add_argument('--held-out-rooms', type=int, default=100)
    parser.add_argument('--evaluate-every', type=int, default=500, metavar='STEPS')


def run(arguments: argparse.Namespace) -> int:
    a, size, out = arguments, tuple(arguments.size), arguments.out
    if out.exists():
        raise DepthDistillError(f'{out} exists; a model is never overwritten, name a new folder')
    compute = Compute.available(a.precision)
    torch.manual_seed(a.seed)
    network = _start(a).to(compute.device, memory_format=torch.channels_last)
    names = (('data',) if a.data else ('look', 'reuse')) + _SETTINGS
    settings = {name: getattr(a, name) for name in names} | {'size': list(size)}
    with opened(a, size, compute) as data:
        trainer = Trainer(Supervised(network, compute), OptimisationSettings(
            batch=a.batch, lr=a.lr, schedule='cosine', seed=a.seed), compute, a.steps)
        card = ModelCard(a.network, a.backbone, size, data.intrinsics)
        training = OfflineTraining(out.with_name(out.name + '.run'), trainer, data.source, card,
                                   settings, data.evaluate)
        if trainer.step:
            print(f'resumed from step {trainer.step}')
        began = time.monotonic()
        show(training.steps(a.steps, a.batch, a.evaluate_every, a.evaluate_every),
             trainer.step, a.steps)
        network = with_own_statistics(trainer.average.module, (
            data.images(a.batch) for _ in range(_STATISTICS_BATCHES)))
        about = {
            'role': 'teacher', 'package_version': __version__, 'data': data.described,
            'command': shlex.join(['depth-distill', *_command(a)]), 'training': settings,
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
    return 0


def _start(arguments: argparse.Namespace) -> nn.Module:
    if not arguments.start:
        return build(arguments.network, arguments.backbone)
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


def _command(arguments: argparse.Namespace) -> list[str]:
    words = ['train']
    a = arguments
    data = ('data', 'evaluate') if a.data else ('look', 'reuse', 'held_out_rooms')
    for name in (*data, 'network', 'backbone', *(('start',) if a.start else ()), 'size', 'steps',
                 'batch', 'lr', 'seed', 'out'):
        value = getattr(a, name)
        words.append('--' + name.replace('_', '-'))
        words += [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]
    return words
