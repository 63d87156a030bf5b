# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill evaluate: compare a network's depth with the reference depth of a data set."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import csv
from dataclasses import replace
from functools import partial
import json
import math
from pathlib import Path
import re
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from depth_distill_ros.apps.commands import _evaluate_models as models
from depth_distill_ros.apps.left_out import (
    reasons_of,
    remarks_of,
    show_each,
    summary,
)
from depth_distill_ros.datasets import Reader, help_text, open_reader
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.blind_map import OtherFrames
from depth_distill_ros.evaluation.constant import constant_metres
from depth_distill_ros.evaluation.evaluated import evaluated
from depth_distill_ros.evaluation.figures import draw_errors
from depth_distill_ros.evaluation.gain import gain
from depth_distill_ros.evaluation.protocol import PROTOCOLS, FrameResult, Protocol
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import writing
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.inference.sliding_window import sliding_window
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.spread import evenly_spread

HELP = 'evaluate a network on a data set with reference depth'
DETAILS = help_text()
EXAMPLE = 'depth-distill evaluate --model run/releases/000007 --data nyu:/data/nyu --metrics nyu'

_LONGEST = 80  # characters of a frame's name in the name of a file
# how a figure is shown where its name says too little
_SHOWN = {'rmse': 'rmse (mean over images)', 'rmse_pooled': 'rmse_pooled (over all pixels)'}


def run(arguments: argparse.Namespace) -> int:
    if arguments.csv:
        _check_writable(Path(arguments.csv))
    protocol = _protocol(arguments)
    data = open_reader(arguments.data)
    blind, learned_from = models.open_blind_map(arguments.blind_map)
    readers = [data, *learned_from]
    reader = data if blind is None else OtherFrames(data, blind)
    network, card = models.model(arguments.model, reader, blind, protocol)
    others = {}
    if blind is not None and arguments.model != models.BLIND:
        others['blind_map'] = models.blind_model(blind, protocol, card.size)
    if arguments.teacher:
        others['teacher'] = models.network(arguments.teacher)
    kept = _Kept(arguments, len(reader))
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task('frames', total=(1 + len(others)) * len(reader))
        figures = partial(_figures, arguments, reader, protocol, lambda: progress.advance(task))
        options = _scaling(card, arguments)
        if arguments.sliding_window:
            options |= {'predict': partial(sliding_window, network, window=card.size),
                        'size': None}
        found = {'model': arguments.model, 'data': arguments.data,
                 'protocol': arguments.metrics, 'crop': protocol.crop,
                 'cap': protocol.cap if np.isfinite(protocol.cap) else None,
                 **figures((network, card), kept.add, **options)}
        for name, model in others.items():
            options = _scaling(model[1], arguments) if name == 'teacher' else {}
            whole = figures(model, **options)
            found[name] = {part: whole[part] for part in ('metrics', 'robot')}
    unused = found.pop('unused')
    found |= {'left_out': reasons_of(readers), 'remarks': remarks_of(readers)}
    if len(others) == 2:
        found['gain'] = gain(*(which['metrics']['delta1'] for which in (
            found, found['blind_map'], found['teacher'])))
    if arguments.model == models.CONSTANT:
        found['constant'] = constant_metres(
            network.metres, [row['median_scale'] for row in kept.rows])
    if arguments.per_image:
        show_each(readers, [f'{each.name}: {each.reason}' for each in unused])
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, summary(readers))
    if arguments.csv:
        _write_rows(Path(arguments.csv), kept.rows)
    return 0


class _Kept:
    """The rows of all evaluated frames, and images of some on the disk."""

    def __init__(self, arguments: argparse.Namespace, frames: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self._maps = Path(arguments.maps) if arguments.maps else None
        self._drawn = set(evenly_spread(frames, arguments.maps_count))

    def add(self, frame: FrameResult) -> None:
        self.rows.append(_row(frame))
        if self._maps and frame.index in self._drawn:
            name = re.sub(r'[^\w.-]+', '_', frame.name)[-_LONGEST:]
            draw_errors(self._maps / f'{frame.index:06d}_{name}.png', _title(frame),
                        frame.image, frame.reference, frame.prediction)


def _figures(arguments: argparse.Namespace, reader: Reader, protocol: Protocol,
             advance: Callable[[], None], model: models.Model,
             each: Callable[[FrameResult], None] = lambda frame: None, **options: Any,
             ) -> dict[str, Any]:
    def show(frame: FrameResult) -> None:
        advance()
        each(frame)

    height, pitch = arguments.camera_height, arguments.camera_pitch
    mount = Mount(height, math.radians(pitch)) if height else None
    device = Compute.available('fp32', arguments.device).device
    return evaluated(*model, reader, protocol, device, mount, show, batch=arguments.batch,
                     **options)


def _protocol(arguments: argparse.Namespace) -> Protocol:
    protocol = PROTOCOLS[arguments.metrics]
    return replace(protocol, cap=arguments.cap or protocol.cap,
                   crop=protocol.crop if arguments.crop == 'auto' else arguments.crop)


def _scaling(card: ModelCard, arguments: argparse.Namespace) -> dict[str, Any]:
    anchored = {} if arguments.scale_anchor else {'anchor': None}
    # A constant and a blind map are measured on depth of this camera, so they need no scaling.
    if not arguments.scale_focal or card.network in (models.CONSTANT, models.BLIND):
        return anchored
    if card.intrinsics is None:
        raise DepthDistillError('--scale-focal: the card of the model has no intrinsics of the '
                                'camera that it was trained with; omit --scale-focal')
    return {'trained_with': card.intrinsics, **anchored}


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


def _write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with writing(path), path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _show(found: dict, unused: str) -> None:
    print(f'{found["model"]} on {found["data"]}')
    others = [name for name in ('blind_map', 'teacher') if name in found]
    rows = [[_SHOWN.get(name, name), f'{value:.4f}',
             *(f'{found[other]["metrics"][name]:.4f}' for other in others),
             f'{found["median_scaled"][name]:.4f}'] for name, value in found['metrics'].items()]
    rows += [[name, f'{value:.4f}',
              *(_number(found[other]['robot'].get(name)) for other in others), '']
             for name, value in found['robot'].items()]
    Console().print(terminal_table(
        (found['protocol'], 'model', *(name.replace('_', ' ') for name in others),
         'median-scaled'), rows))
    if 'constant' in found:
        print('constant depth {metric:.3f} m; median-scaled: the median of each frame, '
              '{median_scaled:.3f} m on average, from {least:.3f} to {most:.3f} m'.format(
                  **found['constant']))
    if rows := found['confidence']:
        Console().print(terminal_table(
            list(rows[0]), ([f'{value:.3f}' for value in row.values()] for row in rows), 0,
            title='pixels with at least this confidence'))
    if 'gain' in found:
        print(f'gain in delta1 {_number(found["gain"])}')
    print(f'{found["frames"]} frames, {found["skipped"]} skipped without a reference, '
          f'{100 * found["coverage"]:.1f} % of the reference pixels predicted; '
          f'crop {found["crop"]}, cap {found["cap"] or "none"}{unused and "; " + unused}')


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.4f}'
