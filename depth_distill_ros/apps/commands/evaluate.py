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

import numpy as np
from rich.console import Console
from rich.progress import Progress
import torch
from torch import Tensor, nn

from depth_distill_ros.datasets import Reader, help_text, open_reader
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.release_folders import latest
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.constant import ConstantDepth, constant_depth
from depth_distill_ros.evaluation.figures import draw_errors
from depth_distill_ros.evaluation.kitti import CROPS
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation, FrameResult, Protocol
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import writing
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.inference.sliding_window import sliding_window
from depth_distill_ros.networks.model import CARD, ModelCard
from depth_distill_ros.networks.teachers import load_teacher

HELP = 'evaluate a network on a data set with reference depth'
DETAILS = help_text()
EXAMPLE = 'depth-distill evaluate --model run/releases/000007 --data nyu:/data/nyu --metrics nyu'

_STEREO, _CONSTANT = 'dacnn_stereo', 'constant'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--model', required=True,
                        help='model folder, run folder (its newest release, or the model it '
                             'trained), hf:ID, torchscript:FILE or module:function; constant: '
                             'the constant-depth baseline, the median depth of the data')
    parser.add_argument('--data', required=True, metavar='KIND:PATH[,KEY=VALUE...]',
                        help='data set; the kinds are listed below')
    parser.add_argument('--metrics', choices=PROTOCOLS, default='robot',
                        help='protocol: as on the robot, or as in the papers')
    parser.add_argument('--cap', type=float, metavar='METRES',
                        help='ignore reference depth beyond it (default: that of --metrics)')
    parser.add_argument('--crop', choices=CROPS,
                        help='evaluated part of the image (default: that of --metrics)')
    parser.add_argument('--sliding-window', action='store_true',
                        help="predict at the size of the image, in overlapping windows of the "
                             "network's size (as DACNN is tested on KITTI)")
    parser.add_argument('--scale-focal', action='store_true',
                        help="scale depth by the focal length of the data relative to that on the "
                             "model's card, as the inference node does")
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--device', default='',
                        help="'cpu', 'cuda:1', ...; empty: the best available")
    parser.add_argument('--csv', type=Path, metavar='FILE', help='write one row for each frame')
    parser.add_argument('--maps', type=Path, metavar='DIR',
                        help='write images of the depth errors')
    parser.add_argument('--maps-count', type=int, default=20, metavar='N',
                        help='number of images, evenly spread over the data')
    parser.add_argument('--json', action='store_true', help='print the result as JSON')


def run(arguments: argparse.Namespace) -> int:
    protocol = _protocol(arguments)
    if arguments.csv:
        _check_writable(arguments.csv)
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
    evaluation = Evaluation(predict, size, protocol, device, arguments.batch,
                            stereo=card.network == _STEREO,
                            trained_with=_camera_of(card) if arguments.scale_focal else None)
    shown = set(np.linspace(0, len(reader) - 1, arguments.maps_count).round().astype(int).tolist())
    console = Console(stderr=True)
    rows = []
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task('frames', total=len(reader))
        for frame in evaluation.frames(reader):
            progress.update(task, completed=frame.index + 1)
            rows.append(_row(frame))
            if arguments.maps and frame.index in shown:
                name = re.sub(r'[^\w.-]+', '_', frame.name)
                draw_errors(arguments.maps / f'{frame.index:06d}_{name}.png', _title(frame),
                            frame.image, frame.reference, frame.prediction)
    found = {'model': arguments.model, 'data': arguments.data, 'protocol': arguments.metrics,
             'crop': protocol.crop, 'cap': protocol.cap if np.isfinite(protocol.cap) else None,
             **evaluation.summary()}
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found)
    if arguments.csv:
        _write_rows(arguments.csv, rows)
    return 0


def _protocol(arguments: argparse.Namespace) -> Protocol:
    for name, least in (('batch', 1), ('maps_count', 0)):
        if getattr(arguments, name) < least:
            raise DepthDistillError(f'--{name.replace("_", "-")} {getattr(arguments, name)}: '
                                    f'give at least {least}')
    protocol = PROTOCOLS[arguments.metrics]
    if arguments.cap is not None:
        if not arguments.cap > 0:
            raise DepthDistillError(f'--cap {arguments.cap:g}: a cap is a depth > 0, in metres')
        protocol = replace(protocol, cap=arguments.cap)
    return replace(protocol, crop=arguments.crop) if arguments.crop else protocol


def _model(spec: str) -> tuple[nn.Module, ModelCard]:
    folder = Path(spec).expanduser()
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
    return ConstantDepth(metres), ModelCard(_CONSTANT, '', reader[0].image.shape[:2])


def _camera_of(card: ModelCard) -> Intrinsics:
    if card.intrinsics is None:
        raise DepthDistillError('--scale-focal: the card of the model has no intrinsics of the '
                                'camera that it was trained with')
    return card.intrinsics


def _title(frame: FrameResult) -> str:
    figures = [f'{name} {frame.metrics[name]:.3f}' for name in ('delta1', 'rmse', 'silog')
               if name in frame.metrics]
    return ', '.join([frame.name, *figures])


def _row(frame: FrameResult) -> dict[str, object]:
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


def _show(found: dict) -> None:
    print(f'{found["model"]} on {found["data"]}')
    Console().print(terminal_table(
        (found['protocol'], 'metric', 'median-scaled'),
        ((name, f'{value:.4f}', f'{found["median_scaled"][name]:.4f}')
         for name, value in found['metrics'].items())))
    if rows := found['confidence']:
        Console().print(terminal_table(
            list(rows[0]), ([f'{value:.3f}' for value in row.values()] for row in rows), 0,
            title='pixels with at least this confidence'))
    print(f'{found["frames"]} frames, {found["skipped"]} skipped without a reference, '
          f'{100 * found["coverage"]:.1f} % of the reference pixels predicted; '
          f'crop {found["crop"]}, cap {found["cap"] or "none"}')
