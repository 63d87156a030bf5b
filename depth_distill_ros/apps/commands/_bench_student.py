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
from depth_distill_ros.apps.bench.student import Load, StudentBench, resized_model
from depth_distill_ros.apps.bench.student_report import table, write_results
from depth_distill_ros.files import writing
from depth_distill_ros.shipped import shipped_student

HELP = 'load the inference node over DDS: frames/s, latency, missed frames, CPU, memory'
EXAMPLE = 'depth-distill bench student --out runs/student --rates 30 0'


def run(arguments: argparse.Namespace) -> int:
    console = Console(highlight=False, markup=False)
    folder = Path(arguments.out).absolute()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    model = Path(arguments.model or str(shipped_student('general')))
    if any(arguments.input):
        model = resized_model(model, arguments.input, folder / 'student')
    os.environ.update(installation.graph_of_its_own(folder / 'logs'))
    bench = StudentBench(folder, model, arguments.set, arguments.seconds)
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
