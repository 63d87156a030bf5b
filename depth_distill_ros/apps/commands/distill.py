# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill distill: any method of the papers, from any data, in a folder of its own.

An interrupted run goes on when the same command is given again. Under torchrun every process
takes its share of each batch.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch.utils.data import Subset

from depth_distill_ros import datasets
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.apps.left_out import show_each, summary
from depth_distill_ros.apps.options import add_options, given, settings
from depth_distill_ros.datasets import help_text
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings
from depth_distill_ros.settings.optimisation import RECIPES, recipe_of
from depth_distill_ros.spread import evenly_spread

HELP = 'train a student by any method (d3, d3plus, kd-ood, ...) on a store, a folder or a data set'
DETAILS = help_text()
EXAMPLE = ('depth-distill distill --method d3 --stream store:runs/kitchen/store '
           '--evaluate folder:robot_frames --out runs/kitchen_d3')

_OF_RECIPE = {name for recipe in RECIPES.values() for name in recipe}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True,
                        help='folder of the run; an interrupted run goes on')
    parser.add_argument('--config', type=Path, metavar='RUN.YAML',
                        help='settings to start from; other options take precedence over them')
    add_options(parser, OfflineSettings, recipe=_OF_RECIPE)


def run(arguments: argparse.Namespace) -> int:
    processes.join()
    try:
        return _run(arguments)
    finally:
        processes.leave()


def _run(arguments: argparse.Namespace) -> int:
    chosen = _settings(arguments)
    held_out = datasets.open_reader(arguments.evaluate) if arguments.evaluate else None
    evaluated: Any = held_out
    if held_out and 0 < arguments.evaluate_frames < len(held_out):
        evaluated = Subset(held_out, evenly_spread(len(held_out), arguments.evaluate_frames))
    opened = open_run(chosen, arguments.out, evaluated)
    first = opened.training.trainer.step
    if processes.rank() == 0:
        print(f'{chosen.method}, {opened.total} steps on {opened.compute}'
              + (f', resumed from step {first}' if first else ''))
    show(opened.training.steps(opened.total, chosen.batch, arguments.evaluate_every,
                               arguments.save_every), first, opened.total)
    folder = opened.training.finish()
    if processes.rank() == 0:
        source = opened.training.source
        readers = [*source.readers, *([held_out] if held_out else [])]
        if arguments.per_image:
            show_each(readers, source.skipped)
        unused = summary(readers, source.skipped)
        print(f'the student is {folder}{unused and "; " + unused}')
    return 0


def _settings(arguments: argparse.Namespace) -> OfflineSettings:
    values = given(arguments, OfflineSettings)
    if arguments.config:
        if arguments.recipe != 'auto':
            raise DepthDistillError('--config has a recipe already; omit --recipe')
        before = asdict(read_settings(OfflineSettings, arguments.config))
    else:
        method = values.get('method', OfflineSettings.method)
        recipe = arguments.recipe
        before = dict(RECIPES[recipe_of(method) if recipe == 'auto' else recipe])
    return settings(OfflineSettings, before | values)
