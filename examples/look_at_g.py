#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What G does: simulated images x′, their mixtures x̂′, and z = G(x̂′) with the teacher depth of z.

Trains D3 for some steps, then draws OUT/g.jpg. Give `--run` to look at a D3 run of your own.

    python examples/look_at_g.py --out /tmp/g
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from your_own_data_set import frames, write_folder

from depth_distill_ros.apps.bench.paper_figures import trained_g
from depth_distill_ros.apps.cli import main as depth_distill
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.figures import draw_transformed
from depth_distill_ros.networks.normalisation import denormalise, to_input
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.shipped import shipped_teacher

_SHOWN = 4


def images(x: Tensor) -> list[np.ndarray]:
    """Return B×3×H×W normalised images as H×W×3 uint8."""
    return list((denormalise(x).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy())


@torch.no_grad()
def draw(run: Path, stream: Path, path: Path) -> None:
    """Draw x′, x̂′, G(x̂′) and the teacher depth of the first frames of a data set."""
    reader = open_reader(f'folder:{stream}')
    shown = [reader[index] for index in range(min(_SHOWN, len(reader)))]
    x = to_input(torch.from_numpy(np.stack([frame.image for frame in shown])))
    classes = torch.from_numpy(np.stack([frame.semantics for frame in shown]))
    mixed = mix(x, classes, torch.Generator().manual_seed(0))
    z = trained_g(run)(mixed)
    teacher, _ = load_teacher(str(shipped_teacher()))
    depth = interpolate(teacher(z), x.shape[-2:], mode='bilinear')[:, 0]
    draw_transformed(path, images(x), images(mixed), images(z), {'teacher': list(depth.numpy())})
    print(f'{path}: G changes a mixed image by {(z - mixed).abs().mean():.3f} in the mean '
          '(normalised units)')


def main() -> int:
    """Train, unless a run is given, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder for frames, run and g.jpg')
    parser.add_argument('--run', type=Path, help='a run of `depth-distill distill --method d3`')
    parser.add_argument('--frames', type=int, default=24, help='simulated frames (default: 24)')
    parser.add_argument('--steps', type=int, default=20, help='training steps (default: 20)')
    options = parser.parse_args()
    stream, run = options.out / 'frames', options.run or options.out / 'run'
    write_folder(stream, frames(options.frames))
    if options.run is None:
        status = depth_distill([
            'distill', '--method', 'd3', '--stream', f'folder:{stream}', '--batch', '2',
            '--g-width', '0.1', '--steps', str(options.steps), '--out', str(run)])
        if status:
            return status
    draw(run, stream, options.out / 'g.jpg')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
