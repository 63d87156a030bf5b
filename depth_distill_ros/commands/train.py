# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill train: a depth network, supervised, on rooms rendered while it trains."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import shlex
import time

import torch

from depth_distill_ros import __version__
from depth_distill_ros.choices import PRECISIONS
from depth_distill_ros.commands._training import show
from depth_distill_ros.distillation.average import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.rendered_source import RenderedSource
from depth_distill_ros.distillation.run import TrainingRun
from depth_distill_ros.distillation.schedule import warm_cosine
from depth_distill_ros.distillation.training import Optimisation, Training
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import evaluate_frames
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import BACKBONES, NETWORKS, build
from depth_distill_ros.networks.model import ModelCard, load_model, save_model

HELP = 'train a network with ground truth in a simulated world (how a teacher is made)'
EXAMPLE = 'depth-distill train --look robot --backbone resnet18 --steps 6000 --out my_teacher'

# Rooms that judge a network are none that trained it: their seeds start where no training gets.
_HELD_OUT_SEED = 900_000_000
_STATISTICS_BATCHES = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True, help='model folder to write (new)')
    parser.add_argument('--look', choices=('robot', 'stream'), default='robot')
    parser.add_argument('--network', choices=NETWORKS, default='lden')
    parser.add_argument('--backbone', choices=BACKBONES, default='resnet18')
    parser.add_argument('--size', type=int, nargs=2, default=(96, 128), metavar=('H', 'W'))
    parser.add_argument('--steps', type=int, default=6000)
    parser.add_argument('--batch', type=int, default=16)
    # peak; from random weights, where the papers fine-tune from ImageNet at 1e-4
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--precision', choices=PRECISIONS, default='auto')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--reuse', type=float, default=3.0,
                        help='how often a rendered frame is used, about')
    parser.add_argument('--renderers', type=int, default=1, help='processes that render')
    parser.add_argument('--held-out-rooms', type=int, default=100)
    parser.add_argument('--evaluate-every', type=int, default=500, metavar='STEPS')


def run(arguments: argparse.Namespace) -> int:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.simulation.pool import VERTICAL_FOV, RenderedPool, held_out_frames

    a, size, out = arguments, tuple(arguments.size), arguments.out
    if out.exists():
        raise DepthDistillError(f'{out} exists; a model is never overwritten, name a new folder')
    depth_size = (size[0] // 2, size[1] // 2)
    settings = {name: getattr(a, name) for name in (
        'look', 'network', 'backbone', 'steps', 'batch', 'lr', 'seed', 'reuse')} | {
            'size': list(size)}
    compute = Compute.available(a.precision)
    print(f'rendering {a.held_out_rooms} held-out rooms')
    images, depth = held_out_frames(a.look, _HELD_OUT_SEED, a.held_out_rooms, size, depth_size)
    pool = RenderedPool(a.look, a.seed, size, depth_size, reuse=a.reuse, renderers=a.renderers)
    try:
        source = RenderedSource(pool.draw, a.batch, a.seed, compute.device)
        torch.manual_seed(a.seed)
        network = build(a.network, a.backbone).to(
            compute.device, memory_format=torch.channels_last)
        training = Training(Supervised(network, compute),
                            Optimisation(a.lr, warm_cosine(a.steps)), compute, a.seed)
        card = ModelCard(a.network, a.backbone, size,
                         Intrinsics.from_vertical_fov(VERTICAL_FOV, size))
        folder = out.with_name(out.name + '.run')
        training_run = TrainingRun(
            folder, training, source, card, settings,
            lambda net: evaluate_frames(net, images, depth, compute.device))
        if training.step:
            print(f'resumed from step {training.step}')
        began = time.monotonic()
        show(training_run.steps(a.steps, a.batch, a.evaluate_every, a.evaluate_every),
             training.step, a.steps)
        network = with_own_statistics(training.average.network, (
            source.pictures(a.batch) for _ in range(_STATISTICS_BATCHES)))
        about = {
            'role': 'teacher', 'package_version': __version__,
            'data': f'rooms of the {a.look} look, rendered while it trained',
            'command': shlex.join(['depth-distill', *_command(a)]), 'training': settings,
            'device': str(compute), 'rooms_of_the_last_run': pool.rooms,
            'hours_of_the_last_run': round((time.monotonic() - began) / 3600, 2),
        }
        save_model(out, network, ModelCard(
            card.network, card.backbone, size, card.intrinsics, about=about), half=True)
    finally:
        pool.close()
    # The stored weights are rounded to 16 bit: they are what is judged and what the card says.
    network, _ = load_model(out)
    figures = evaluate_frames(network.to(compute.device), images, depth, compute.device)
    write_figures(out, {
        'rooms': a.held_out_rooms, 'frames': len(images),
        **{name: round(value, 4) for name, value in figures.items()}})
    print(json.dumps(figures, indent=2))
    return 0


def write_figures(folder: Path, figures: dict) -> None:
    """Put the held-out figures onto the model's card."""
    path = folder / 'card.json'
    entries = json.loads(path.read_text(encoding='utf-8'))
    entries['about']['held_out'] = figures
    path.write_text(json.dumps(entries, indent=2) + '\n', encoding='utf-8')


def _command(arguments: argparse.Namespace) -> list[str]:
    words = ['train']
    for name in ('look', 'network', 'backbone', 'size', 'steps', 'batch', 'lr', 'seed', 'reuse',
                 'held_out_rooms', 'out'):
        value = getattr(arguments, name)
        words.append('--' + name.replace('_', '-'))
        words += [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]
    return words
