#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a scale anchor does to δ1, over draws of the robot's frames and by their number.

python benchmarks/scale_anchor.py --model MODEL --teacher TEACHER --robot folder:robot/image \
    --data folder:rooms --metrics robot

Every frame is predicted once. A factor moves all ln(reference / prediction) of a frame alike, so
δ1 at a factor is the share of them within ln(1.25) of its logarithm; the protocol's cap, which
would limit predictions as well, is left out.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from depth_distill_ros.apps.models.anchor import metres
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.scale_anchor import learned
from depth_distill_ros.networks.teachers import load_teacher

_CLOSE = np.log(1.25)


class Judged:
    """The sorted ln(reference / prediction) of each frame that judges."""

    def __init__(self, model: str, data: str, metrics: str):
        network, card = load_teacher(model)
        evaluation = Evaluation(network.eval(), card.size, PROTOCOLS[metrics],
                                torch.device('cpu'), trained_with=card.intrinsics)
        self.frames = []
        for frame in evaluation.frames(open_reader(data)):
            known = np.isfinite(frame.reference) & (frame.reference > 0)
            self.frames.append(np.sort(np.log(
                frame.reference[known] / np.maximum(frame.prediction[known], 1e-3))))
        found = evaluation.summary()
        self.plain, self.scaled = (found[part]['delta1'] for part in ('metrics', 'median_scaled'))

    def delta1(self, factor: float) -> float:
        """Return the mean δ1 of the frames with their depth times a factor."""
        limits = np.log(factor) - _CLOSE, np.log(factor) + _CLOSE
        return float(np.mean([np.diff(np.searchsorted(r, limits))[0] / len(r)
                              for r in self.frames]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('model', 'teacher', 'robot', 'data'):
        parser.add_argument(f'--{name}', required=True)
    parser.add_argument('--metrics', default='robot', choices=PROTOCOLS)
    parser.add_argument('--sizes', type=int, nargs='+', default=[8, 20, 50, 200])
    parser.add_argument('--draws', type=int, default=20)
    a = parser.parse_args()
    torch.set_num_threads(1)
    judged = Judged(a.model, a.data, a.metrics)
    factors = np.exp(np.linspace(-0.5, 0.5, 101))
    curve = [judged.delta1(factor) for factor in factors]
    print(f'{len(judged.frames)} frames: δ1 {judged.plain:.4f}, median-scaled '
          f'{judged.scaled:.4f}; best single factor {factors[np.argmax(curve)]:.3f}: '
          f'{max(curve):.4f}')
    (student, card), (teacher, teacher_card) = load_teacher(a.model), load_teacher(a.teacher)
    reader, pairs = open_reader(a.robot), []
    for index in range(len(reader)):
        frame = reader[index]
        found = metres(student, card, frame)
        pairs.append((metres(teacher, teacher_card, frame, found.shape), found))
    camera = frame.intrinsics and View.fit(frame.size, card.size).intrinsics(frame.intrinsics)
    expected, depth = (np.stack(side) for side in zip(*pairs, strict=True))
    print('| frames | factor (deviation over draws) | δ1 (least to most) |\n|---|---|---|')
    for size in [size for size in a.sizes if size <= len(pairs)]:
        drawn = []
        for seed in range(a.draws):
            chosen = np.random.default_rng(seed).choice(len(pairs), size, replace=False)
            drawn.append(learned(expected[chosen], depth[chosen], camera).factor)
        scores = [judged.delta1(factor) for factor in drawn]
        print(f'| {size} | {np.mean(drawn):.3f} ({np.std(drawn):.3f}) | {np.mean(scores):.4f} '
              f'({min(scores):.4f} to {max(scores):.4f}) |')


if __name__ == '__main__':
    main()
