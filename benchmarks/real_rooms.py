#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Train a network of real rooms on a few hundred images with depth, and on a teacher's answers.

A share of each batch are images with their measured depth, seen by a camera that is turned, closer
or mirrored. The others have the answers of a teacher, which has seen more rooms than these: they
are mixtures of two images, which ask it for more than the images hold. `--photos` are images of
more rooms, without depth or camera: half of the images that the teacher answers are then seen
alone, and half of what they are made of are photos. Every sixteenth photo, or every so many that
there are at most 128, is held out; `agreement` is the share of their pixels on which the network
is within a factor of 1.25 of the answer. Ctrl-C saves; the same command goes on.

Example: python benchmarks/real_rooms.py --data folder:nyu_v2_labelled/train --teacher meter \
    --start depth_distill_ros/models/general_lden_light_efficientnet_lite0 --out real
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
import math
from pathlib import Path
import sys
import time
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.datasets.photometric import hu
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.trainer import averaged
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks.model_folder import save_model
from depth_distill_ros.networks.normalisation import normalise
from depth_distill_ros.networks.teachers import load_teacher

sys.path.append(str(Path(__file__).parent / 'helpers'))

from room_images import frames_of, photos_of  # noqa: E402
from room_judge import Judge  # noqa: E402
from room_loss import log_loss  # noqa: E402
from room_views import mixed, pixels, turned  # noqa: E402
from room_weights import between, starting_network  # noqa: E402

_UNTURNED = 0.5  # share of images that are seen as they are
_FIXED = 0.85  # share of the training after which BatchNorm's statistics stay
_SAVE = 200  # steps


@dataclass
class Plan:
    """How long, how fast and at which sizes."""

    images: int
    batch: int
    measured: int  # of each batch
    lr: float
    sizes: tuple[tuple[float, tuple[int, int]], ...]
    precision: str = 'auto'

    @property
    def lowest(self) -> int:
        """Rows of the smallest image."""
        return min(height for _, (height, _) in self.sizes)

    @property
    def steps(self) -> int:
        return self.images // self.batch

    def size(self, step: int) -> tuple[int, int]:
        return next(size for end, size in self.sizes if step < end * self.steps)

    def rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / 100)
        return self.lr * warm * 0.5 * (1 + math.cos(math.pi * step / self.steps))


class Training:
    """The network, its average, the frames with depth and the photos without."""

    def __init__(self, start: str, teachers: list[str], frames: list[Frame], plan: Plan, seed: int,
                 photos: Sequence[Frame] = ()) -> None:
        torch.manual_seed(seed)
        self.network, self.card = starting_network(start)
        self.network.requires_grad_(True).to(memory_format=torch.channels_last)
        self._teachers = [load_teacher(spec) for spec in teachers]
        self._compute = Compute.available(plan.precision, 'cpu', plan.lowest)
        self.frames, self.photos, self.plan = frames, photos, plan
        self.average = averaged(self.network, 0.999)
        # METER has no part of that name
        encoder, others = ([p for name, p in self.network.named_parameters()
                            if name.startswith('encoder.') == known] for known in (True, False))
        self._optimizer = torch.optim.AdamW(
            [{'params': encoder, 'factor': 0.5}, {'params': others, 'factor': 1.0}],
            plan.lr, weight_decay=0.02)
        self._random = np.random.default_rng(seed)
        self._colours = torch.Generator().manual_seed(seed)
        self.step = 0

    def train_step(self) -> float:
        plan = self.plan
        self.network.train()
        if self.step > _FIXED * plan.steps:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        for group in self._optimizer.param_groups:
            group['lr'] = plan.rate(self.step) * group['factor']
        if plan.size(self.step) != plan.size(max(0, self.step - 1)):
            # weights of one size see depth of another size wrong: the average begins anew
            self.average.n_averaged.zero_()
        x, *depths = self._batch(plan.size(self.step))
        with self._compute.autocast():
            prediction = self.network(x)
        size = prediction.shape[-2:]
        loss = log_loss(prediction, torch.cat([interpolate(depth, size) for depth in depths]))
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return loss.item()

    def _batch(self, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the images, the measured depth of the first and the answers to the others."""
        plan = self.plan
        measured = [self._seen(self.frames) for _ in range(plan.measured)]
        asked = [self._asked() for _ in range(plan.batch - plan.measured)]
        seen = pixels([image for image, _ in measured], size)
        seen = normalise(hu(seen, self._colours))
        depth = torch.from_numpy(np.stack([depth for _, depth in measured]))[:, None]
        answers = self.answers(asked, size)
        new = normalise(hu(pixels(asked, size), self._colours))
        x = torch.cat((seen, new)).contiguous(memory_format=torch.channels_last)
        return x, depth, answers

    def answers(self, images: list[np.ndarray], size: tuple[int, int]) -> Tensor:
        """
        Return the geometric mean of the teachers' depth, B×1×H×W metres.

        A teacher is asked about the mirror image, too: the mean of both is nearer to measured
        depth.
        """
        logs = []
        with torch.no_grad():
            for teacher, card in self._teachers:
                x = normalise(pixels(images, card.size))
                log, mirrored = (teacher(view).clamp(min=0.05).log() for view in (x, x.flip(-1)))
                logs.append(resized((log + mirrored.flip(-1)) / 2, size))
        return torch.stack(logs).mean(0).exp()

    def _asked(self) -> np.ndarray:
        """Return an image that the teachers answer."""
        if not self.photos:
            return mixed(*self._seen(self.frames), self._seen(self.frames)[0], self._random)
        one, other = (self._seen(self.photos if self._random.random() < 0.5 else self.frames)
                      for _ in range(2))
        return one[0] if self._random.random() < 0.5 else mixed(*one, other[0], self._random)

    def _seen(self, frames: Sequence[Frame]) -> tuple[np.ndarray, np.ndarray | None]:
        """Return one of the images and its depth, as it is, turned or mirrored."""
        frame = frames[self._random.integers(len(frames))]
        image, depth = (frame.image, frame.depth) if self._random.random() < _UNTURNED \
            else turned(frame, self._random)
        if self._random.random() < 0.5:
            image, depth = (None if a is None else np.ascontiguousarray(a[:, ::-1])
                            for a in (image, depth))
        return image, depth

    def state(self) -> dict[str, Any]:
        return {'network': self.network.state_dict(), 'average': self.average.state_dict(),
                'optimizer': self._optimizer.state_dict(), 'step': self.step,
                'random': self._random.bit_generator.state,
                'colours': self._colours.get_state(), 'torch': torch.get_rng_state()}

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state['network'])
        self.average.load_state_dict(state['average'])
        self._optimizer.load_state_dict(state['optimizer'])
        self.step = state['step']
        self._random.bit_generator.state = state['random']
        self._colours.set_state(state['colours'])
        torch.set_rng_state(state['torch'])


def _size(text: str) -> tuple[int, int]:
    height, width = map(int, text.split('x'))
    return height, width


def main() -> None:
    """Train on, tell the figures of the held-out frames now and then, and write the network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, help='images with depth and camera, KIND:PATH')
    parser.add_argument('--held-out', default='250-286,600-636', help='numbers of images')
    parser.add_argument('--photos', nargs='*', default=[], metavar='KIND:PATH',
                        help='images of more rooms')
    parser.add_argument('--teacher', nargs='+', required=True,
                        help='what answers where depth was not measured; of several the '
                             'geometric mean')
    parser.add_argument('--start', required=True,
                        help='model folder, or the name of an encoder: a lden_light with its '
                             'ImageNet weights')
    parser.add_argument('--images', type=int, default=28_000)
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--measured', type=float, default=0.5,
                        help='share of each batch that has measured depth')
    parser.add_argument('--lr', type=float, default=8e-4)
    parser.add_argument('--sizes', type=_size, nargs='+', metavar='HEIGHTxWIDTH',
                        default=[(144, 192), (192, 256), (228, 304)],
                        help='of the images, one after another')
    parser.add_argument('--shares', type=float, nargs='*', default=(0.45, 0.75),
                        help='of the training, at which the size changes')
    parser.add_argument('--kept', type=float, default=0.0,
                        help="share of the start's weights in those that are written")
    parser.add_argument('--precision', default='auto', choices=('auto', 'fp32', 'bf16'))
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    frames, held_out = frames_of(arguments.data, arguments.held_out)
    photos, held_out_photos = photos_of(arguments.photos, frames[0])
    if not 0 <= arguments.kept <= 1:
        parser.error('--kept is a share from 0 to 1')
    if len(arguments.shares) != len(arguments.sizes) - 1:
        parser.error(f'{len(arguments.sizes)} sizes need {len(arguments.sizes) - 1} shares')
    sizes = tuple(zip((*arguments.shares, 1.0), arguments.sizes, strict=True))
    plan = Plan(arguments.images, arguments.batch, round(arguments.measured * arguments.batch),
                arguments.lr, sizes, arguments.precision)
    training = Training(arguments.start, arguments.teacher, frames, plan, arguments.seed, photos)
    start = deepcopy(training.network)
    judge = Judge(held_out, [photo.image for photo in held_out_photos], training.answers)
    arguments.out.mkdir(parents=True, exist_ok=True)
    saved = arguments.out / 'last.pt'
    if saved.exists():
        training.load(torch.load(saved, weights_only=False))
        print(f'goes on at step {training.step}', flush=True)
    began, losses = time.monotonic(), []
    try:
        while training.step < plan.steps:
            losses.append(training.train_step())
            if training.step % _SAVE == 0 or training.step == plan.steps:
                torch.save(training.state(), saved)
                found = judge.figures(training.average.module, training.card,
                                      plan.size(training.step - 1))
                print(f'{training.step} of {plan.steps} steps, '
                      f'{time.monotonic() - began:.0f} s, loss {np.mean(losses):.3f}, '
                      + ', '.join(f'{k} {v:.4f}' for k, v in found.items()), flush=True)
                losses.clear()
    except KeyboardInterrupt:
        torch.save(training.state(), saved)
        return
    size = arguments.sizes[-1]
    network = between(start, training.average.module, arguments.kept)
    found = judge.figures(network, training.card, size)
    about = {
        'role': 'network of real rooms',
        'data': f'{len(frames)} of {len(frames) + len(held_out)} images of {arguments.data}'
                + (f', {len(photos)} of {" and ".join(arguments.photos)}' if photos else '')
                + f'; what was not measured was answered by {" and ".join(arguments.teacher)}',
        'training': {**asdict(plan), 'start': arguments.start, 'kept': arguments.kept,
                     'seed': arguments.seed},
        'held_out': {'frames': len(held_out), **found}}
    camera = frames[0].intrinsics.resized(size)
    save_model(arguments.out / 'model', network,
               replace(training.card, size=size, intrinsics=camera, about=about), half=True)


if __name__ == '__main__':
    main()
