# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill bench student: measure the inference node under load over DDS."""

from __future__ import annotations

import argparse
from itertools import product
import os
from pathlib import Path

from rich.console import Console

from depth_distill_ros import installation
from depth_distill_ros.apps.bench.student import SIZES, Load, StudentBench, resized_model
from depth_distill_ros.apps.bench.student_report import table, write_results
from depth_distill_ros.apps.options import pairs
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import writing
from depth_distill_ros.shipped import shipped_start

HELP = 'load the inference node over DDS: frames/s, latency, missed frames, CPU, memory'
EXAMPLE = 'depth-distill bench student --out runs/student --rates 30 0'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--model', type=Path, help='folder of the student (default: a shipped '
                        'LDEN MobileNet-V2)')
    parser.add_argument('--input', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
                        help="size of the network's input (default: that of the model)")
    parser.add_argument('--sizes', nargs='+', choices=SIZES, default=list(SIZES),
                        help='image sizes of the camera')
    parser.add_argument('--rates', type=float, nargs='+', default=[10.0, 30.0, 60.0, 0.0],
                        help='of the camera, Hz; 0: a new frame as soon as the last one is '
                        'answered')
    parser.add_argument('--training', choices=('without', 'with', 'both'), default='both',
                        help='with: the distiller trains on the same machine meanwhile')
    parser.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE',
                        help='parameters of the inference node')
    parser.add_argument('--seconds', type=float, default=10.0, help='measured time of each load')
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for results.json, latency.png and logs')


def run(arguments: argparse.Namespace) -> int:
    if arguments.seconds < 1 or min(arguments.rates) < 0:
        raise DepthDistillError('--seconds must be at least 1, --rates not negative')
    console = Console(highlight=False, markup=False)
    folder = arguments.out.absolute()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    model = arguments.model or shipped_start('mobilenetv2')
    if arguments.input:
        model = resized_model(model, tuple(arguments.input), folder / 'student')
    os.environ.update(installation.graph_of_its_own(folder / 'logs'))
    bench = StudentBench(folder, model, _parameters(arguments.set), arguments.seconds)
    training = {'without': (False,), 'with': (True,), 'both': (False, True)}[arguments.training]
    measurements = []
    for beside, size, rate in product(training, arguments.sizes, arguments.rates):
        load = Load(size, rate, beside)
        with console.status(f'measuring {load}'):
            measurements.append(bench.measure(load))
        write_results(folder, model, measurements)
        console.print(f'{load}: {measurements[-1].fps:.1f} fps')
    console.print(table(measurements))
    console.print(f'written: {folder / "results.json"}, {folder / "latency.png"}')
    return 0


def _parameters(texts: list[str]) -> dict[str, object]:
    for text in texts:
        if '=' not in text:
            raise DepthDistillError(f'--set {text}: write NAME=VALUE, as in engine=torch')
    return pairs(texts)
