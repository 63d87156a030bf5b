# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results of StudentBench: a table, results.json, and a plot."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path

from matplotlib.figure import Figure
from rich.box import SIMPLE
from rich.table import Table

from depth_distill_ros.apps.bench.machine import device, versions
from depth_distill_ros.apps.bench.student import Measurement
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import write_json, writing
from depth_distill_ros.networks.model_folder import read_card

_PERCENTILES = ('p50', 'p95', 'p99')


def table(measurements: Sequence[Measurement]) -> Table:
    """Return a table for a terminal, one row for each load."""
    columns = ('load', 'fps', 'missed', *_PERCENTILES, 'jitter', 'engine', 'node', 'cores', 'MB',
               'steps/s')
    rows = ((str(m.load), f'{m.fps:.1f}', f'{m.missed}/{m.sent}',
             *(f'{m.latency_ms[name]:.1f}' for name in _PERCENTILES), f'{m.jitter_ms:.1f}',
             m.node.get('engine_p50_ms', '-'), m.node.get('overhead_p50_ms', '-'),
             f'{m.cpu:.2f}', f'{m.memory_mb:.0f}',
             '-' if m.steps_per_second is None else f'{m.steps_per_second:.1f}')
            for m in measurements)
    return terminal_table(columns, rows, no_wrap=True, box=SIMPLE, padding=(0, 1, 0, 0),
                          title='/depth/student over DDS; times in ms')


def write_results(folder: Path, model: Path, measurements: Sequence[Measurement]) -> None:
    """Write results.json and latency.png."""
    card = read_card(model)
    results = {
        'model': {'network': card.network, 'backbone': card.backbone, 'size': card.size},
        'device': device(),
        'versions': {**versions(), 'ros': os.environ.get('ROS_DISTRO', 'wheels')},
        'loads': [m.as_dict() for m in measurements]}
    write_json(folder / 'results.json', results)
    with writing(folder / 'latency.png'):
        _draw(folder / 'latency.png', measurements)


def _draw(path: Path, measurements: Sequence[Measurement]) -> None:
    figure = Figure(figsize=(8, 0.6 + 0.45 * len(measurements)), layout='constrained')
    axes = figure.subplots()
    places = range(len(measurements))
    for name, width in zip(_PERCENTILES, (0.75, 0.5, 0.25), strict=True):
        axes.barh(places, [m.latency_ms[name] for m in measurements], height=width, label=name)
    for place, m in zip(places, measurements, strict=True):
        axes.annotate(f' {m.fps:.1f} fps, {m.missed} of {m.sent} missed',
                      (m.latency_ms['p99'], place), va='center', fontsize=8)
    axes.set_yticks(places, [str(m.load) for m in measurements])
    axes.invert_yaxis()
    axes.margins(x=0.35)
    axes.set(xlabel="latency from the image's stamp to its depth's arrival, ms")
    axes.legend()
    figure.savefig(path, dpi=120)
