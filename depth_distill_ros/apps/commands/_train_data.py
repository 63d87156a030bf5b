# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `depth-distill train` learns from and is judged on: rendered rooms, or data sets."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from depth_distill_ros import datasets
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED
from depth_distill_ros.distillation.data.dataset_source import DatasetBatches, DatasetSource
from depth_distill_ros.distillation.data.rendered_source import RenderedSource
from depth_distill_ros.distillation.offline import evaluated_on
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import evaluate_frames
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View

# Rooms that judge a network are none that trained it: their seeds start where no training gets.
_HELD_OUT_SEED = 900_000_000


@dataclass(frozen=True)
class Data:
    """
    What is learnt from.

    Attributes
    ----------
    source : draw() gives a batch with depth
    images : gives so many images as a network in use reads them
    judge : gives the figures of a network on held-out frames
    intrinsics : of the camera, at the network's size, where it is known
    described : what it is, for the model's card
    held_out : what the network is judged on, for the same

    """

    source: Any
    images: Callable[[int], Tensor]
    judge: Callable[[nn.Module], dict[str, float]]
    intrinsics: Intrinsics | None
    described: str
    held_out: dict[str, Any]


def opened(arguments: argparse.Namespace, size: tuple[int, int], compute: Compute) -> Any:
    """Return a context with the Data that the arguments ask for."""
    return _recorded(arguments, size, compute) if arguments.data else _rendered(
        arguments, size, compute)


@contextmanager
def _rendered(a: argparse.Namespace, size: tuple[int, int], compute: Compute) -> Iterator[Data]:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.worlds.mujoco.pool import VERTICAL_FOV, RenderedPool, held_out_frames

    if a.evaluate:
        raise DepthDistillError(f'--evaluate {a.evaluate} belongs to --data; rendered rooms are '
                                'judged on held-out ones')
    depth_size = (size[0] // 2, size[1] // 2)
    print(f'rendering {a.held_out_rooms} held-out rooms')
    images, depth = held_out_frames(a.look, _HELD_OUT_SEED, a.held_out_rooms, size, depth_size)
    pool = RenderedPool(a.look, a.seed, size, depth_size, reuse=a.reuse, renderers=a.renderers)
    try:
        source = RenderedSource(pool.draw, a.batch, a.seed, compute.device)
        yield Data(
            source, source.images,
            lambda network: evaluate_frames(network, images, depth, compute.device),
            Intrinsics.from_vertical_fov(VERTICAL_FOV, size),
            f'rooms of the {a.look} look, rendered while it trained',
            {'rooms': a.held_out_rooms, 'frames': len(images)})
    finally:
        pool.close()


@contextmanager
def _recorded(a: argparse.Namespace, size: tuple[int, int], compute: Compute) -> Iterator[Data]:
    if not a.evaluate:
        raise DepthDistillError('--data needs --evaluate KIND:PATH, frames with depth that are '
                                'never trained on')
    reader, judging = datasets.open_reader(a.data), datasets.open_reader(a.evaluate)
    camera, picture = reader[0].intrinsics, reader[0].image
    plain = DatasetBatches(reader, preparation(a.data, size), a.batch, a.seed + 1,
                         compute.device)

    def images(count: int) -> Tensor:
        return plain.draw().x[:count]

    yield Data(
        DatasetSource({LABELLED: DatasetBatches(
            reader, preparation(a.data, size, ('depth',)), a.batch, a.seed, compute.device,
            a.workers, ('depth',))}),
        images, evaluated_on(judging, size, compute),
        camera and View.fit(picture.shape[:2], size).intrinsics(camera),
        f'{len(reader)} frames of {a.data}', {'data': a.evaluate, 'frames': len(judging)})
