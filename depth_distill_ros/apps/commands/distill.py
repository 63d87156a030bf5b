# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill distill: any method of the papers, from any data, in a folder of its own.

An interrupted run goes on when the same command is given again. Under torchrun every process
takes its share of each batch.
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, fields, replace
from pathlib import Path

import numpy as np
from torch.utils.data import Subset
import yaml

from depth_distill_ros import datasets
from depth_distill_ros.apps.commands._training import show
from depth_distill_ros.datasets import help_text
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.offline import RECIPES, RunSettings, open_run, recipe_of
from depth_distill_ros.distillation.settings_check import CHOICES
from depth_distill_ros.errors import DepthDistillError

HELP = 'train a student by any method (d3, d3plus, kd-ood, ...) on a store, a folder or a data set'
DETAILS = help_text()
EXAMPLE = ('depth-distill distill --method d3 --stream store:runs/kitchen/store '
           '--evaluate folder:robot_frames --out runs/kitchen_d3')

_DATA = 'KIND:PATH[,KEY=VALUE...]'
_HELP = {
    'method': 'the way to train',
    'stream': f'simulated frames, {_DATA}',
    'labelled': f'frames with measured depth, {_DATA}',
    'auxiliary': f"frames of the teacher's world (or any), {_DATA}",
    'teacher': 'model folder, hf:ID, torchscript:FILE or module:function; empty: the shipped one',
    'student': 'network', 'backbone': 'its backbone',
    'start': 'random, imagenet, a model folder with the same backbone; empty: the shipped '
             'encoder if there is one',
    'size': "of the pictures; 0 0: the teacher's",
    'steps': '0: as many as the epochs say',
    'epochs': 'passes over the largest source (default: of the recipe)',
    'batch': 'pictures a step, of all processes together (default: of the recipe)',
    'lr': 'learning rate at the start (default: of the recipe)',
    'schedule': 'how it falls (default: of the recipe)',
    'weight_decay': 'of the student (default: of the recipe)',
    'clip': "largest norm of a network's gradient; 0: any",
    'ema': 'decay per step of the averaged student, which is what is kept',
    'precision': 'auto: the fast one of the hardware',
    'workers': 'processes that read and prepare frames',
    'g_form': 'transformation network: as in the paper, light, or none',
    'g_width': 'its width', 'g_residual': 'it adds to its picture instead of painting it anew',
    'alpha': 'weight of the statistics in the loss of G',
    'beta': 'weight of the reconstruction; 0: without l_rec',
    'rec_reduction': 'of l_rec', 'reading': "B: the student's loss reaches G too",
    'mixing': 'what is mixed',
    'augmentation': 'how strange the cameras are through which d3 sees pictures; 0: none',
    'calibration': 'file of `depth-distill models calibrate`',
    'every_scale': "train each of SARPN's scales", 'lam': 'λ of lwd', 'equation': 'of lwd',
    'w_smooth': 'of dacnn', 'w_proxy': "of dacnn; the teacher's depth",
    'w_guidance': "of dacnn; the teacher's guidance", 'guidance_softmax': 'of dacnn',
    'guidance_reduction': 'of dacnn',
    'student_options': "the student network's own, such as up=unpool or depth_aware=false",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True,
                        help='folder of the run; an interrupted run goes on')
    parser.add_argument('--config', type=Path, metavar='RUN.YAML',
                        help='settings to start from; what else is given goes before them')
    parser.add_argument('--recipe', choices=RECIPES,
                        help="optimiser settings of a paper (default: the method's own)")
    parser.add_argument('--evaluate', metavar=_DATA, default='',
                        help='frames with measured depth, never trained on')
    parser.add_argument('--evaluate-every', type=int, default=500, metavar='STEPS')
    parser.add_argument('--evaluate-frames', type=int, default=0, metavar='N',
                        help='at most so many, evenly spread; 0: all')
    parser.add_argument('--save-every', type=int, default=500, metavar='STEPS')
    for field in fields(RunSettings):
        default = field.default if field.default is not MISSING else field.default_factory()
        option, text = '--' + field.name.replace('_', '-'), _HELP.get(field.name, '')
        if isinstance(default, bool):
            kind = {'action': argparse.BooleanOptionalAction}
        elif field.name == 'student_options':
            kind = {'nargs': '+', 'metavar': 'KEY=VALUE'}
        elif field.name == 'size':
            kind = {'type': int, 'nargs': 2, 'metavar': ('H', 'W')}
        else:
            kind = {'type': type(default), 'choices': CHOICES.get(field.name)}
        # absent where not given, so that a file's or the recipe's value holds
        if 'default: of' not in text and default not in ('', {}):
            text += f' (default: {default})'
        parser.add_argument(option, default=argparse.SUPPRESS, help=text.strip(), **kind)


def run(arguments: argparse.Namespace) -> int:
    processes.join()
    try:
        return _run(arguments)
    finally:
        processes.leave()


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    judged_by = datasets.open_reader(arguments.evaluate) if arguments.evaluate else None
    if judged_by and 0 < arguments.evaluate_frames < len(judged_by):
        judged_by = Subset(judged_by, np.linspace(
            0, len(judged_by) - 1, arguments.evaluate_frames, dtype=int).tolist())
    opened = open_run(settings, arguments.out, judged_by)
    first = opened.run.training.step
    if processes.rank() == 0:
        print(f'{settings.method}, {opened.total} steps on {opened.compute}'
              + (f', going on from step {first}' if first else ''))
    show(opened.run.steps(opened.total, settings.batch, arguments.evaluate_every,
                          arguments.save_every), first, opened.total)
    folder = opened.run.finish()
    if processes.rank() == 0:
        if opened.sources.unreadable:
            print(f'{opened.sources.unreadable} frames could not be read and were skipped')
        print(f'the student is {folder}')
    return 0


def _settings(arguments: argparse.Namespace) -> RunSettings:
    given = {f.name: getattr(arguments, f.name) for f in fields(RunSettings)
             if hasattr(arguments, f.name)}
    if 'size' in given:
        given['size'] = tuple(given['size'])
    if 'student_options' in given:
        given['student_options'] = {
            key: yaml.safe_load(value) for key, _, value in (
                option.partition('=') for option in given['student_options'])}
    if arguments.config:
        if arguments.recipe:
            raise DepthDistillError('--config has a recipe already; leave --recipe away')
        return replace(RunSettings.read(arguments.config), **given)
    method = given.get('method', RunSettings.method)
    recipe = RECIPES[arguments.recipe or recipe_of(method)]
    return replace(RunSettings(**vars(recipe)), **given)
