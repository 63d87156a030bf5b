#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a trained G does: l_BN (eq. 6) before and after it, and how much it changes an image.

Images of the teacher's own domain are the reference. Takes a D3 row of `depth-distill bench
paper`, or any run of `distill --method d3`.

Example: python benchmarks/transformation_network.py D3_ROW/seed-0 --target folder:ROOMS/train
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
import torch

from depth_distill_ros.apps.bench.paper_figures import trained_g
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.data.dataset_source import DatasetBatches
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings


def source(spec: str, settings: OfflineSettings, needs: tuple[str, ...] = ()) -> DatasetBatches:
    """Return batches of the run's own size, drawn with its seed."""
    return DatasetBatches(open_reader(spec), preparation(spec, tuple(settings.size), needs),
                        settings.batch, settings.seed, torch.device('cpu'))


@torch.no_grad()
def measure(run: Path, target: str, batches: int) -> dict[str, list[tuple[float, ...]]]:
    """Return l_BN, mean change and mean depth (m) of each kind of image, one tuple a batch."""
    settings = read_settings(OfflineSettings, run / 'run.yaml')
    teacher = load_teacher(settings.teacher)[0].eval()
    statistics = FeatureStatistics(teacher)
    g = trained_g(run)
    own, stream = source(target, settings), source(settings.stream, settings, ('semantics',))
    generator = torch.Generator().manual_seed(settings.seed)
    found: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(batches):
        frames = stream.draw()
        mixed = mix(frames.x, frames.semantics, generator)
        z = g(mixed)
        for kind, x in {'the target domain': own.draw().x, 'simulated, x': frames.x,
                        'mixed, x̂′': mixed, 'transformed, z = G(x̂′)': z}.items():
            with statistics.recorded() as terms:
                depth = teacher(x)
            change = (x - mixed).abs().mean() if x is z else torch.tensor(0.0)
            found.setdefault(kind, []).append(
                tuple(float(value) for value in (sum(terms), change, depth.mean())))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('run', type=Path, help='folder with run.yaml and last.pt')
    parser.add_argument('--target', required=True, metavar='KIND:PATH',
                        help='images of the target domain, on which the teacher was trained')
    parser.add_argument('--batches', type=int, default=12)
    arguments = parser.parse_args()
    cells = []
    for kind, rows in measure(arguments.run, arguments.target, arguments.batches).items():
        (l_bn, change, depth), scatter = np.mean(rows, axis=0), np.std(rows, axis=0)[0]
        cells.append((kind, f'{l_bn:.0f}', f'{scatter:.0f}', f'{change:.3f}', f'{depth:.2f}'))
    Console().print(terminal_table(
        ('images', 'l_BN', '± batches', 'changed by', 'teacher depth, m'), cells,
        title=f'{arguments.run}, {arguments.batches} batches'))


if __name__ == '__main__':
    main()
