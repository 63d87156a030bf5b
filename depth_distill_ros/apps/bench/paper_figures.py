# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The papers' figures from finished rows: D3's figures 4 and 5, LWD's figure 7."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.utils.data import Subset

from depth_distill_ros.apps.bench.runner import Bench, Outcome
from depth_distill_ros.apps.bench.table import BenchTable
from depth_distill_ros.datasets import readable_frames
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.distillation.checkpoint import load_checkpoint
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.figures import (
    draw_comparison,
    draw_curves,
    draw_transformed,
)
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.networks import TRANSFORMATIONS
from depth_distill_ros.networks.normalisation import denormalise, to_input
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings
from depth_distill_ros.spread import evenly_spread

_FRAMES = 4


def draw_figures(bench: Bench, table: BenchTable, outcomes: Sequence[Outcome]) -> list[Path]:
    """
    Draw the figures of a table; return their paths.

    For d3-3, figure-4-PAIR.jpg (every row on frames of the test set) and figure-5-PAIR.jpg (the
    last row of D3: images of G with the depth of teacher and student). For lwd-fig7, figure-7.png.
    """
    if table.name == 'd3-3':
        return _figures_4_and_5(bench, table, outcomes)
    return [_figure_7(bench, outcomes)] if table.name == 'lwd-fig7' else []


def _figures_4_and_5(bench: Bench, table: BenchTable, outcomes: Sequence[Outcome]) -> list[Path]:
    first = [o for o in outcomes if o.seed == 0]
    drawn = []
    for pair in dict.fromkeys(o.row.keys['pair'] for o in first):
        rows = {_title(o): o for o in first if o.row.keys['pair'] == pair}
        slug = pair.replace('->', '_').replace(' ', '_')
        drawn.append(bench.folder / f'figure-4-{slug}.jpg')
        _figure_4(drawn[-1], bench, rows, table)
        d3 = [o for o in rows.values() if o.row.settings and o.row.settings.method == 'd3']
        if d3:
            drawn.append(bench.folder / f'figure-5-{slug}.jpg')
            _figure_5(drawn[-1], bench, d3[-1])
    return drawn


def trained_g(run: Path) -> nn.Module:
    """Return G of the D3 training in a folder, after its last step, in training mode."""
    settings = read_settings(OfflineSettings, run / 'run.yaml')
    g = TRANSFORMATIONS[settings.g_form](
        settings.g_width, settings.g_residual, settings.g_bound)
    g.load_state_dict(load_checkpoint(run / 'last.pt')['training']['networks']['transformation'])
    return g.train()


def _title(outcome: Outcome) -> str:
    keys = outcome.row.keys
    return f'{keys["method"]} {keys["data"]}' if outcome.row.teacher else keys['method']


def _figure_4(path: Path, bench: Bench, rows: dict[str, Outcome], table: BenchTable) -> None:
    reader = bench.reader(table.test)
    shown = Subset(reader, evenly_spread(len(reader), _FRAMES))
    columns: dict[str, list[np.ndarray]] = {}
    protocol = PROTOCOLS[bench.protocol(table, table.test)]
    for title, outcome in rows.items():
        network, card = load_teacher(outcome.model)
        frames = list(Evaluation(network.eval(), card.size, protocol,
                                 torch.device('cpu')).frames(shown))
        columns.setdefault('ground truth', [frame.reference for frame in frames])
        columns[title] = [frame.prediction for frame in frames]
    draw_comparison(path, [frame.image for frame in frames], columns)


@torch.no_grad()
def _figure_5(path: Path, bench: Bench, outcome: Outcome) -> None:
    settings = outcome.record['settings']
    g = trained_g(bench.run_folder(outcome.row, outcome.seed))
    role = outcome.row.data['stream']
    reader = bench.reader(role)
    prepare = preparation(settings['stream'], tuple(settings['size']), ('semantics',)).pipeline
    frames = [prepare(frame, None)
              for _, frame in readable_frames(reader, evenly_spread(len(reader), _FRAMES))]
    x, semantics = (torch.from_numpy(np.stack([getattr(frame, part) for frame in frames]))
                    for part in ('image', 'semantics'))
    mixed = mix(to_input(x), semantics, torch.Generator().manual_seed(settings['seed']))
    z = g(mixed)
    depths = {title: _depth(load_teacher(model)[0], z) for title, model in (
        ('teacher', settings['teacher'] or bench.own_teacher), ('student', outcome.model))}
    draw_transformed(path, list(x.numpy()), _images(mixed), _images(z), depths)


def _figure_7(bench: Bench, outcomes: Sequence[Outcome]) -> Path:
    points: dict[str, dict[int, list[float]]] = {}
    for outcome in outcomes:
        role = outcome.row.data.get('auxiliary')
        count = len(bench.reader(role)) if role else 0
        for column, value in outcome.figures.items():
            points.setdefault(column, {}).setdefault(count, []).append(value)
    path = bench.folder / 'figure-7.png'
    draw_curves(path, 'auxiliary images', 'δ1', {
        column.removeprefix('delta1_'): sorted(curve.items()) for column, curve in points.items()})
    return path


def _images(x: Tensor) -> list[np.ndarray]:
    images = (denormalise(x).clamp(0, 1) * 255).round().byte()
    return list(images.permute(0, 2, 3, 1).numpy())


def _depth(network: nn.Module, x: Tensor) -> list[np.ndarray]:
    depth = interpolate(network.eval()(x), x.shape[-2:], mode='bilinear', align_corners=True)
    return list(depth[:, 0].numpy())
