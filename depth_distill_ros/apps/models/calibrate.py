# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models calibrate: feature statistics of a teacher without BatchNorm layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import chain
import os
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
import torch
from torch import Tensor, nn

from depth_distill_ros import __version__
from depth_distill_ros.apps.left_out import show_each, summary
from depth_distill_ros.datasets import Reader, open_reader, readable_frames
from depth_distill_ros.distillation.calibration import (
    StatisticsError,
    check_new,
    default_layers,
    record,
    save_calibration,
)
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.spread import evenly_spread

HELP = "record a teacher's feature statistics on unlabelled images of its domain"
EXAMPLE = ('depth-distill models calibrate '
           '--teacher hf:depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf '
           '--topic /camera/image_raw calibration.safetensors')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='new safetensors file')
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--folder', help='folder of images, or one with images in image/')
    source.add_argument('--bag', help='ROS 2 bag')
    source.add_argument('--data', metavar='KIND:PATH[,KEY=VALUE...]', help='any data set')
    source.add_argument('--topic', help='camera topic, rgb8 or similar; while the teacher '
                                        'works, older images are skipped')


def run(arguments: argparse.Namespace) -> int:
    check_new(arguments.out)
    device = Compute.available('fp32', arguments.device).device
    teacher, card = load_teacher(arguments.teacher, arguments.size)
    size = arguments.size if any(arguments.size) else card.size
    teacher = teacher.to(device).eval()
    source = _Source(arguments)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        batches = _batches(progress.track(source, source.length, description='images'),
                           size, arguments.batch, device)
        first = next(batches, None)
        if first is None:
            raise DepthDistillError('no image could be read')
        chosen = _named(teacher, arguments.layers) or default_layers(teacher, first)
        statistics = record(teacher, chosen, chain((first,), batches))
    save_calibration(arguments.out, statistics, {
        'teacher': arguments.teacher or 'shipped', 'pictures': str(source.read),
        'size': f'{size[0]}x{size[1]}', 'package_version': __version__})
    readers = [source.reader] if source.reader else []
    if arguments.per_image:
        show_each(readers)
    unused = summary(readers)
    print(f'{arguments.out}: {len(statistics)} layers, {source.read} images'
          f'{unused and "; " + unused}')
    return 0


class _Source:
    """The images that the arguments name, of which `read` were there."""

    def __init__(self, arguments: argparse.Namespace):
        self._arguments = arguments
        self.read = 0
        self.reader: Reader | None = None
        self.length = arguments.images
        if arguments.topic is None:
            self.reader = open_reader(
                arguments.data or (f'folder:{arguments.folder}' if arguments.folder
                                   else f'bag:{arguments.bag},depth=none'))
            self.length = min(self.length, len(self.reader))

    def __iter__(self) -> Iterator[np.ndarray]:
        if self.reader is None:
            for image in _from_topic(self._arguments):
                self.read += 1
                yield image
            return
        chosen = evenly_spread(len(self.reader), self.length)
        for _, frame in readable_frames(self.reader, chosen):
            self.read += 1
            yield frame.image


def _from_topic(arguments: argparse.Namespace) -> Iterator[np.ndarray]:
    from depth_distill_ros.installation import environment
    # Fast DDS reads its settings when it is first loaded
    os.environ |= environment()
    try:
        from depth_distill_ros.ros.clients.image_topic import topic_images
    except ImportError as error:
        raise DepthDistillError(
            f'--topic needs ROS ({error}): source a ROS install, or run the depth-distill in '
            '.venv, which make setup makes in the repository') from error
    return topic_images(arguments.topic, arguments.images, arguments.timeout)


def _batches(images: Iterable[np.ndarray], size: tuple[int, int], batch: int,
             device: torch.device) -> Iterator[Tensor]:
    waiting: list[np.ndarray] = []
    for image in images:
        waiting.append(View.fit(image.shape[:2], size).image(image))
        if len(waiting) == batch:
            yield to_input(torch.from_numpy(np.stack(waiting)).to(device))
            waiting = []
    if waiting:
        yield to_input(torch.from_numpy(np.stack(waiting)).to(device))


def _named(teacher: nn.Module, wanted: str) -> list[str]:
    """Return the layers that match 'pattern,pattern,...', in the order of the teacher."""
    names = [name for name, _ in teacher.named_modules()]
    patterns = list(filter(None, wanted.split(',')))
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise StatisticsError(f'the teacher has no layer {pattern}; among its layers are '
                                   f'{", ".join(names[len(names) // 2:][:3])}')
    return [name for name in names if any(fnmatchcase(name, p) for p in patterns)]
