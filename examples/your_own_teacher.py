#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Your own teacher: any torch network that predicts metres can be distilled.

`teacher` returns a small stand-in here. Replace it by a function that loads your network.

    python examples/your_own_teacher.py --out /tmp/own_teacher
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, softplus
from your_own_data_set import frames, write_folder

from depth_distill_ros.apps.cli import main as depth_distill


class RampTeacher(nn.Module):
    """
    Predicts more depth higher up in the image, with a few convolutions on top.

    Input: B×3×H×W, ImageNet-normalised RGB (other normalisations: the option mean=.../std=... of
    `--teacher`). Output: B×1×h×w metres. The BatchNorm layers are those whose statistics D3 needs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texture = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        half = avg_pool2d(x, 2)
        rows = torch.linspace(4.0, 1.0, half.shape[-2], device=x.device)
        return softplus(rows[:, None] + 0.1 * self.texture(half))


def teacher() -> nn.Module:
    """Return the network; `--teacher your_own_teacher:teacher` calls this."""
    torch.manual_seed(0)
    return RampTeacher()


def main() -> int:
    """Distil the teacher into LDEN MobileNet-V2 with D3, on simulated frames."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder for frames and run')
    parser.add_argument('--frames', type=int, default=24, help='simulated frames (default: 24)')
    parser.add_argument('--steps', type=int, default=20, help='training steps (default: 20)')
    options = parser.parse_args()
    stream = options.out / 'frames'
    write_folder(stream, frames(options.frames))
    return depth_distill([
        'distill', '--method', 'd3', '--teacher', 'your_own_teacher:teacher',
        '--stream', f'folder:{stream}', '--size', '96', '128', '--steps', str(options.steps),
        '--batch', '2', '--g-width', '0.1', '--out', str(options.out / 'run')])


if __name__ == '__main__':
    raise SystemExit(main())
