#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Time of one frame in every installed engine, and the difference of its depth to that of torch.

All engines are loaded and run in turn, one frame each, so that other load on the machine affects
all of them alike. The best round counts. A time is from the camera's image to depth, with resize.

Example: python benchmarks/engines.py --size 228 304 --images recording/image
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
import tempfile
from time import perf_counter

import cv2
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
import torch

from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_selection import (
    ENGINES,
    REFERENCE,
    open_engine,
    shipped_frames,
)
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, EngineError
from depth_distill_ros.inference.parity import check_parity
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import load_model, save_model
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.shipped import shipped_start

_LIGHT = 'lden_light'
_COMPARED = 16


@dataclass(frozen=True)
class Row:
    """One engine of one network; milliseconds of a frame, differences to torch in metres."""

    network: str
    engine: str
    best: float
    median: float
    times_torch: float
    median_relative_error: float
    delta1: float
    largest_error: float
    start: float


def models(folder: Path, source: Path, size: tuple[int, int]) -> list[Path]:
    """Write the source at another size, and the light head with the source's encoder."""
    network, card = load_model(source)
    save_model(folder / card.network, network, replace(card, size=size, intrinsics=None))
    light = build(_LIGHT, card.backbone).eval()
    light.encoder.load_state_dict(network.encoder.state_dict())
    with torch.no_grad():  # untrained: shift it to depths of a room, for the relative errors
        light.head[-1].bias.fill_(3.0)
    save_model(folder / _LIGHT, light, replace(card, network=_LIGHT, size=size, intrinsics=None))
    return [folder / card.network, folder / _LIGHT]


def engines_of(folder: Path, console: Console) -> list[tuple[DepthEngine, float]]:
    """Return every engine that opens here, with the seconds that opening took."""
    found = []
    for name in ENGINES:
        began = perf_counter()
        try:
            engine = open_engine(folder, name)
        except EngineAbsentError:
            continue
        except EngineError as error:
            console.print(error)
            continue
        found.append((engine, perf_counter() - began))
    return found


def measure(engines: Sequence[DepthEngine], frames: Sequence[np.ndarray], rounds: int,
            ) -> np.ndarray:
    """Return the seconds of each round and engine."""
    seconds = np.empty((rounds, len(engines)))
    views = [View.fit(frames[0].shape[:2], engine.input_size) for engine in engines]
    for i in range(rounds):
        for k, (engine, view) in enumerate(zip(engines, views, strict=True)):
            began = perf_counter()
            engine(frames[i % len(frames)], view)
            seconds[i, k] = perf_counter() - began
    return seconds


def rows_of(engines: Sequence[tuple[DepthEngine, float]], seconds: np.ndarray,
            frames: Sequence[np.ndarray]) -> list[Row]:
    """Return the figures of the engines of one model."""
    reference = next(i for i, (e, _) in enumerate(engines) if e.name == REFERENCE)
    best = seconds.min(axis=0)
    compared = frames[::max(1, len(frames) // _COMPARED)]
    rows = []
    for i, (engine, start) in enumerate(engines):
        parity = check_parity(engine, engines[reference][0], compared)
        rows.append(Row(
            engine.card.network, engine.name, 1e3 * best[i], 1e3 * median(seconds[:, i]),
            best[reference] / best[i], parity.median_relative_error, parity.delta1,
            parity.largest_error, start))
    return rows


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for the terminal."""
    columns = ('network', 'engine', 'best ms', 'median', '× torch', 'rel. error', 'δ1', 'max m',
               'start s')
    cells = ((row.network, row.engine, f'{row.best:.1f}', f'{row.median:.1f}',
              f'{row.times_torch:.2f}', f'{row.median_relative_error:.1e}', f'{row.delta1:.4f}',
              f'{row.largest_error:.1e}', f'{row.start:.1f}') for row in rows)
    return terminal_table(columns, cells, 2, no_wrap=True, box=SIMPLE_HEAD, padding=(0, 1, 0, 0),
                          pad_edge=False)


def images_of(folder: Path | None) -> list[np.ndarray]:
    """Return the images of a folder as RGB, or the package's own, enlarged to VGA."""
    if folder is None:
        return [cv2.resize(frame, (640, 480)) for frame in shipped_frames()]
    paths = sorted(p for p in folder.iterdir() if p.suffix in ('.jpg', '.png'))
    if not paths:
        raise SystemExit(f'{folder} holds no .jpg or .png')
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, default=shipped_start('mobilenetv2'))
    parser.add_argument('--size', nargs=2, type=int, default=PAPER_SIZE, metavar=('H', 'W'))
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=100)
    parser.add_argument('--images', type=Path, help='folder of images of one size '
                        "(default: the package's own)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    frames, console = images_of(arguments.images), Console(width=96)  # the width of the table
    with tempfile.TemporaryDirectory() as folder:
        made = [engines_of(model, console)
                for model in models(Path(folder), arguments.model, tuple(arguments.size))]
        everything = [engine for engines in made for engine, _ in engines]
        with console.status(f'{len(everything)} engines, {arguments.rounds} rounds'):
            seconds = measure(everything, frames, arguments.rounds)
            rows, first = [], 0
            for engines in made:
                rows += rows_of(engines, seconds[:, first:first + len(engines)], frames)
                first += len(engines)
    console.print(f'{len(frames)} images of {frames[0].shape[1]}×{frames[0].shape[0]}, '
                  f'{arguments.threads} threads', table(rows), highlight=False)


if __name__ == '__main__':
    main()
