# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
One step of D3 in this package, compared with algorithm 1 written out literally.

The literal step makes every forward pass where the algorithm names it, in float32 and torch's
default memory layout: z and the teacher depth for the student's loss, then G(x̂′) and the teacher
again for the loss of G. In both, plain and transformed frames are one batch of the student (see
docs/DESIGN.md). Weights and images are the same; each row has a process of its own.

    python benchmarks/training_step.py --g light --batch 4
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

from rich.console import Console
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import STREAM, Batch
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks import TRANSFORMATIONS, build
from depth_distill_ros.settings.distillation import StreamMethodSettings
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.settings.optimisation import OptimisationSettings

_MIXING_SEED = 0
_FRAMES = 2  # batches, used in turn


class LiteralD3:
    """Algorithm 1, line by line."""

    def __init__(self, teacher: nn.Module, student: nn.Module, g: nn.Module):
        self.teacher = teacher.eval().requires_grad_(False)
        self.student, self.g = student.train(), g.train()
        self.statistics = FeatureStatistics(teacher)
        self.optimizers = [torch.optim.Adam(student.parameters(), 1e-4, weight_decay=1e-4),
                           torch.optim.Adam(g.parameters(), 1e-4)]

    def step(self, x: Tensor, semantics: Tensor, generator: torch.Generator) -> dict[str, float]:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        mixed = mix(x, semantics, generator)
        with torch.no_grad():
            z = self.g(mixed)
            depth_x, depth_z = self.teacher(x), self.teacher(z)
        seen_x, seen_z = self.student(torch.cat((x, z))).chunk(2)
        plain, transformed = loss_h(seen_x, depth_x), loss_h(seen_z, depth_z)
        (plain + transformed).backward()
        self.optimizers[0].step()
        z = self.g(mixed)
        with self.statistics.recorded() as terms:
            self.teacher(z)
        l_bn, l_rec = torch.stack(terms).sum(), l1_loss(z, mixed)
        (1e-3 * l_bn + 1e-3 * l_rec).backward()
        self.optimizers[1].step()
        return {name: value.item() for name, value in {
            'loss_plain': plain, 'loss_transformed': transformed, 'l_bn': l_bn,
            'l_rec': l_rec}.items()}


def main() -> None:
    """Print the ratios."""
    a = _arguments()
    compute = Compute.available(a.precision)
    kinds = dict.fromkeys([('literal', 'fp32'), ('ours', 'fp32'), ('ours', compute.precision)])
    best: dict[tuple[str, str], dict] = {}
    for _ in range(a.rounds):
        for kind in kinds:
            # a process of its own, so that the peak memory is its own
            with multiprocessing.get_context('spawn').Pool(1) as process:
                row = process.apply(_measure, (*kind, a))
            if kind not in best or row['images_per_s'] > best[kind]['images_per_s']:
                best[kind] = row
    _print(list(best.values()), a, compute)


def _measure(kind: str, precision: str, a: argparse.Namespace) -> dict:
    compute = Compute(Compute.available().device, precision)
    device = compute.device
    torch.manual_seed(0)
    networks = [build('lden', a.teacher), build('lden', a.student),
                TRANSFORMATIONS[a.g](a.g_width, True)]
    frames = [torch.randn(a.batch, 3, *a.size) for _ in range(_FRAMES)]
    with torch.no_grad():  # statistics of data, not torch's zeros and ones
        networks[0](frames[0])
    blocks = torch.randint(1, 14, (a.batch, 1, 6, 8)).float()
    semantics = nn.functional.interpolate(blocks, a.size)[:, 0].byte().to(device)
    networks = [n.to(device) for n in networks]
    if kind == 'literal':
        literal = LiteralD3(*networks)

        def step(number: int) -> dict[str, float]:
            return literal.step(frames[number % _FRAMES].to(device), semantics,
                                torch.Generator().manual_seed(_MIXING_SEED))
    else:
        networks = [n.to(memory_format=torch.channels_last) for n in networks]
        training = Trainer(
            D3(*networks, compute, StreamMethodSettings()),
            OptimisationSettings(schedule='constant'), compute)

        def step(number: int) -> dict[str, float]:
            training._generator.manual_seed(_MIXING_SEED)
            return training.train_step({STREAM: Batch(
                frames[number % _FRAMES].to(device, memory_format=torch.channels_last), semantics,
                keys=tuple(range(number * a.batch, (number + 1) * a.batch)))})

    first = step(0)
    for number in range(1, 1 + _FRAMES):
        step(number)
    if device.type == 'cuda':
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    times = []
    for number in range(1 + _FRAMES, 1 + _FRAMES + a.steps):
        began = time.perf_counter()
        step(number)
        if device.type == 'cuda':
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    # the median: single steps are slow beside other processes
    rate = a.batch / sorted(times)[len(times) // 2]
    peak = torch.cuda.max_memory_allocated() / 2**20 if device.type == 'cuda' else \
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return {'name': kind, 'precision': compute.precision, 'images_per_s': rate,
            'peak_mib': peak, 'losses_of_the_first_step': first}


def _print(rows: list[dict], a: argparse.Namespace, compute: Compute) -> None:
    losses = ('loss_plain', 'loss_transformed', 'l_bn', 'l_rec')
    cells = ((f'{row["name"]}, {row["precision"]}', f'{row["images_per_s"]:.2f}',
              f'{row["images_per_s"] / rows[0]["images_per_s"]:.2f}', f'{row["peak_mib"]:.0f}',
              *(f'{row["losses_of_the_first_step"][name]:.4f}' for name in losses))
             for row in rows)
    Console(width=120).print(terminal_table(
        ('step', 'images/s', 'ratio', 'peak MiB', *losses), cells,
        title=f'D3, LDEN {a.teacher} to {a.student}, G {a.g} × {a.g_width}, batch {a.batch} of '
              f'{a.size[0]}×{a.size[1]}, {compute.device}, {torch.get_num_threads()} threads'))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--teacher', default='resnet34')
    parser.add_argument('--student', default='mobilenetv2')
    parser.add_argument('--g', choices=('paper', 'light'), default='paper')
    parser.add_argument('--g-width', type=float, default=1.0)
    parser.add_argument('--size', type=int, nargs=2, default=PAPER_SIZE, metavar=('H', 'W'))
    parser.add_argument('--batch', type=int, default=4)
    parser.add_argument('--steps', type=int, default=5)
    parser.add_argument('--rounds', type=int, default=1,
                        help='measurements of each step, in turn; the best counts')
    parser.add_argument('--precision', default='auto')
    return parser.parse_args()


if __name__ == '__main__':
    main()
