# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill train: a depth network, supervised, on rooms rendered while it trains."""

from __future__ import annotations

import argparse
from dataclasses import asdict
import json
from pathlib import Path
import shlex
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from depth_distill_ros import __version__
from depth_distill_ros.distillation.supervised import (
    SupervisedConfig,
    SupervisedTraining,
    evaluate,
)
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import BACKBONES, NETWORKS
from depth_distill_ros.networks.model import ModelCard, load_model, save_model

HELP = 'train a network with ground truth in a simulated world (how a teacher is made)'
EXAMPLE = 'depth-distill train --look robot --backbone resnet18 --steps 6000 --out my_teacher'

# Rooms that judge a network are none that trained it: their seeds start where no training gets.
_HELD_OUT_SEED = 900_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True, help='model folder to write (new)')
    parser.add_argument('--look', choices=('robot', 'stream'), default='robot')
    parser.add_argument('--network', choices=NETWORKS, default='lden')
    parser.add_argument('--backbone', choices=BACKBONES, default='resnet18')
    parser.add_argument('--size', type=int, nargs=2, default=(96, 128), metavar=('H', 'W'))
    parser.add_argument('--steps', type=int, default=6000)
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--reuse', type=float, default=3.0,
                        help='how often a rendered frame is used, about')
    parser.add_argument('--renderers', type=int, default=1, help='processes that render')
    parser.add_argument('--held-out-rooms', type=int, default=100)
    parser.add_argument('--evaluate-every', type=int, default=500, metavar='STEPS')


def run(arguments: argparse.Namespace) -> int:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.simulation.pool import VERTICAL_FOV, RenderedPool, held_out_frames

    size, out = tuple(arguments.size), arguments.out
    if out.exists():
        raise DepthDistillError(f'{out} exists; a model is never overwritten, name a new folder')
    depth_size = (size[0] // 2, size[1] // 2)
    log_path = out.with_name(out.name + '.log.jsonl')
    checkpoint = out.with_name(out.name + '.checkpoint.pt')
    config = SupervisedConfig(
        arguments.network, arguments.backbone, arguments.steps, arguments.batch, arguments.lr,
        seed=arguments.seed)
    print(f'rendering {arguments.held_out_rooms} held-out rooms')
    images, depth = held_out_frames(
        arguments.look, _HELD_OUT_SEED, arguments.held_out_rooms, size, depth_size)
    pool = RenderedPool(arguments.look, arguments.seed, size, depth_size, reuse=arguments.reuse,
                        renderers=arguments.renderers)
    try:
        training = SupervisedTraining(config, pool.draw)
        if checkpoint.exists():
            training.load(checkpoint)
            print(f'resumed from step {training.step}')
        began, first = time.monotonic(), training.step
        with Progress(TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
                      TimeRemainingColumn(), refresh_per_second=1) as progress:
            task = progress.add_task('training', total=config.steps, completed=training.step)
            while training.step < config.steps:
                loss = training.train_step()
                rate = (training.step - first) * config.batch / (time.monotonic() - began)
                progress.update(task, completed=training.step,
                                description=f'loss {loss:.3f}, {rate:.1f} images/s')
                if training.step % arguments.evaluate_every == 0:
                    training.save(checkpoint)
                    figures = evaluate(training.average.network, images, depth, training.compute)
                    with log_path.open('a', encoding='utf-8') as log:
                        log.write(json.dumps({'step': training.step, 'loss': loss,
                                              'rooms': pool.rooms, **figures}) + '\n')
                    progress.console.print(
                        f'step {training.step}: loss {loss:.3f}, {rate:.1f} images/s, '
                        f'{pool.rooms} rooms, held-out delta1 {figures["delta1"]:.3f}, '
                        f'RMSE {figures["rmse"]:.3f} m')
        card = ModelCard(
            config.network, config.backbone, size,
            Intrinsics.from_vertical_fov(VERTICAL_FOV, size),
            about={
                'role': 'teacher', 'package_version': __version__,
                'data': f'rooms of the {arguments.look} look, rendered while it trained',
                'command': shlex.join(['depth-distill', *_command(arguments)]),
                'training': asdict(config), 'device': str(training.compute),
                'rooms_of_the_last_run': pool.rooms,
                'hours_of_the_last_run': round((time.monotonic() - began) / 3600, 2),
            })
        save_model(out, training.finish(), card, half=True)
    finally:
        pool.close()
    # The stored weights are rounded to 16 bit: they are what is judged and what the card says.
    network, card = load_model(out)
    figures = evaluate(network.to(training.compute.device), images, depth, training.compute)
    write_figures(out, {
        'rooms': arguments.held_out_rooms, 'frames': len(images),
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
