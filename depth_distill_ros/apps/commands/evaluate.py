# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill evaluate: compare a network's depth with the reference depth of a data set."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import csv
from dataclasses import replace
from functools import partial
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
import torch
from torch import Tensor, nn

from depth_distill_ros.apps.commands._left_out import (
    reasons_of,
    remarks_of,
    show_each,
    summary,
)
from depth_distill_ros.datasets import Reader, first_frame, help_text, open_reader
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.release_folders import latest
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.constant import (
    ConstantDepth,
    constant_depth,
    constant_metres,
)
from depth_distill_ros.evaluation.figures import draw_errors
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation, FrameResult
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import expanded, writing
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.inference.sliding_window import sliding_window
from depth_distill_ros.networks.model_folder import CARD, ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.names import STEREO

HELP = 'evaluate a network on a data set with reference depth'
DETAILS = help_text()
EXAMPLE = 'depth-distill evaluate --model run/releases/000007 --data nyu:/data/nyu --metrics nyu'

_CONSTANT = 'constant'


def run(arguments: argparse.Namespace) -> int:
    protocol = PROTOCOLS[arguments.metrics]
    protocol = replace(protocol, cap=arguments.cap or protocol.cap,
                       crop=protocol.crop if arguments.crop == 'auto' else arguments.crop)
    if arguments.csv:
        _check_writable(Path(arguments.csv))
    reader = open_reader(arguments.data)
    device = Compute.available('fp32', arguments.device).device
    network, card = _constant(reader) if arguments.model == _CONSTANT else _model(arguments.model)
    network = network.to(device).eval()
    predict, size = network, card.size
    if card.options.get('confidence'):
        def predict(x: Tensor) -> Tensor:
            return torch.cat(network.with_confidence(x), dim=1)
    if arguments.sliding_window:
        predict, size = partial(sliding_window, network, window=card.size), None
    # A constant is measured on the data themselves, so it needs no scaling.
    scaled = arguments.scale_focal and arguments.model != _CONSTANT
    evaluation = Evaluation(predict, size, protocol, device, arguments.batch,
                            stereo=card.network == STEREO,
                            trained_with=_camera_of(card) if scaled else None)
    shown = set(np.linspace(0, len(reader) - 1, arguments.maps_count).round().astype(int).tolist())
    console = Console(stderr=True)
    rows: list[dict[str, Any]] = []
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task('frames', total=len(reader))
        for frame in evaluation.frames(reader):
            progress.update(task, completed=frame.index + 1)
            rows.append(_row(frame))
            if arguments.maps and frame.index in shown:
                name = re.sub(r'[^\w.-]+', '_', frame.name)
                draw_errors(Path(arguments.maps) / f'{frame.index:06d}_{name}.png', _title(frame),
                            frame.image, frame.reference, frame.prediction)
    found = {'model': arguments.model, 'data': arguments.data, 'protocol': arguments.metrics,
             'crop': protocol.crop, 'cap': protocol.cap if np.isfinite(protocol.cap) else None,
             **evaluation.summary(), 'left_out': reasons_of([reader]),
             'remarks': remarks_of([reader])}
    if arguments.model == _CONSTANT:
        found['constant'] = constant_metres(
            network.metres, [row['median_scale'] for row in rows])
    if arguments.per_image:
        show_each([reader], [f'{each.name}: {each.reason}' for each in evaluation.unused])
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, summary([reader]))
    if arguments.csv:
        _write_rows(Path(arguments.csv), rows)
    return 0


def _model(spec: str) -> tuple[nn.Module, ModelCard]:
    folder = expanded(spec)
    if folder.is_dir() and not (folder / CARD).is_file():
        release = latest(folder / 'releases')
        trained = [folder / 'student', *sorted(folder.glob('best-*'))]
        folder = release.folder if release else next(
            (model for model in trained if (model / CARD).is_file()), folder)
    return load_teacher(str(folder) if folder.is_dir() else spec)


def _constant(reader: Reader) -> tuple[nn.Module, ModelCard]:
    metres = constant_depth(
        frame.depth for frame in map(reader.__getitem__, range(len(reader)))
        if frame.depth is not None)
    return ConstantDepth(metres), ModelCard(_CONSTANT, '', first_frame(reader).size)


def _camera_of(card: ModelCard) -> Intrinsics:
    if card.intrinsics is None:
        raise DepthDistillError('--scale-focal: the card of the model has no intrinsics of the '
                                'camera that it was trained with; omit --scale-focal')
    return card.intrinsics


def _title(frame: FrameResult) -> str:
    figures = [f'{name} {frame.metrics[name]:.3f}' for name in ('delta1', 'rmse', 'silog')
               if name in frame.metrics]
    return ', '.join([frame.name, *figures])


def _row(frame: FrameResult) -> dict[str, Any]:
    return {'frame': frame.index, 'name': frame.name, 'coverage': frame.coverage, **frame.metrics,
            'median_scale': frame.scale,
            **{f'scaled_{name}': value for name, value in frame.scaled.items()}}


def _check_writable(path: Path) -> None:
    """Report an unwritable file before the work; an existing file stays as it is."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open('a', encoding='utf-8').close()


def _write_rows(path: Path, rows: Sequence[dict[str, object]]) -> None:
    with writing(path), path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _show(found: dict, unused: str) -> None:
    print(f'{found["model"]} on {found["data"]}')
    Console().print(terminal_table(
        (found['protocol'], 'metric', 'median-scaled'),
        ((name, f'{value:.4f}', f'{found["median_scaled"][name]:.4f}')
         for name, value in found['metrics'].items())))
    if 'constant' in found:
        print('constant depth {metric:.3f} m; median-scaled: the median of each frame, '
              '{median_scaled:.3f} m on average, from {least:.3f} to {most:.3f} m'.format(
                  **found['constant']))
    if rows := found['confidence']:
        Console().print(terminal_table(
            list(rows[0]), ([f'{value:.3f}' for value in row.values()] for row in rows), 0,
            title='pixels with at least this confidence'))
    print(f'{found["frames"]} frames, {found["skipped"]} skipped without a reference, '
          f'{100 * found["coverage"]:.1f} % of the reference pixels predicted; '
          f'crop {found["crop"]}, cap {found["cap"] or "none"}{unused and "; " + unused}')
