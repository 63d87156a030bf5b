# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training and evaluation data of `depth-distill train`: rendered rooms, or data sets."""

from __future__ import annotations

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
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import mean_metrics
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.training import TrainSettings

# The first seed of the held-out rooms; the seeds of training rooms never reach it.
_HELD_OUT_SEED = 900_000_000


@dataclass(frozen=True)
class Data:
    """
    The data of a supervised training.

    Attributes:
        source: draw() returns a batch with depth
        images: returns the given number of images without augmentation, B×3×H×W
        evaluate: returns the metrics of a network on held-out frames
        intrinsics: of the camera at the network's input size, if known
        described: the training data, for the model's card
        held_out: the evaluation data, for the model's card
        readers: of the data sets; rendered rooms have none
    """

    source: Any
    images: Callable[[int], Tensor]
    evaluate: Callable[[nn.Module], dict[str, float]]
    intrinsics: Intrinsics | None
    described: str
    held_out: dict[str, Any]
    readers: tuple[datasets.Reader, ...] = ()


def opened(arguments: TrainSettings, size: tuple[int, int], compute: Compute) -> Any:
    """Return a context with the Data of the arguments."""
    return _recorded(arguments, size, compute) if arguments.data else _rendered(
        arguments, size, compute)


@contextmanager
def _rendered(a: TrainSettings, size: tuple[int, int], compute: Compute) -> Iterator[Data]:
    # The simulator is an extra of the installation: imported where it is needed.
    from depth_distill_ros.worlds.mujoco.pool import VERTICAL_FOV, RenderedPool, held_out_frames

    if a.evaluate:
        raise DepthDistillError(f'--evaluate {a.evaluate} belongs to --data; with rendered '
                                'rooms, held-out rooms are used')
    depth_size = (size[0] // 2, size[1] // 2)
    print(f'rendering {a.held_out_rooms} held-out rooms')
    frames = [Frame(*pair) for pair in zip(*held_out_frames(
        a.look, _HELD_OUT_SEED, a.held_out_rooms, size, depth_size), strict=True)]
    pool = RenderedPool(a.look, a.seed, size, depth_size, reuse=a.reuse, renderers=a.renderers)
    try:
        source = RenderedSource(pool.draw, a.batch, a.seed, compute.device)
        yield Data(
            source, source.images,
            lambda network: mean_metrics(network, frames, size, compute.device, 32),
            Intrinsics.from_vertical_fov(VERTICAL_FOV, size),
            f'rooms of the {a.look} look, rendered while it trained',
            {'rooms': a.held_out_rooms, 'frames': len(frames)})
    finally:
        pool.close()


@contextmanager
def _recorded(a: TrainSettings, size: tuple[int, int], compute: Compute) -> Iterator[Data]:
    if not a.evaluate:
        raise DepthDistillError('--data needs --evaluate KIND:PATH, frames with depth that are '
                                'not trained on')
    reader, held_out = datasets.open_reader(a.data), datasets.open_reader(a.evaluate)
    first = datasets.first_frame(reader)
    plain = DatasetBatches(reader, preparation(a.data, size), a.batch, a.seed + 1,
                         compute.device)

    def images(count: int) -> Tensor:
        return plain.draw().x[:count]

    yield Data(
        DatasetSource({LABELLED: DatasetBatches(
            reader, preparation(a.data, size, ('depth',)), a.batch, a.seed, compute.device,
            a.workers, ('depth',))}),
        images, lambda network: mean_metrics(network, held_out, size, compute.device),
        first.intrinsics and View.fit(first.size, size).intrinsics(first.intrinsics),
        f'{len(reader)} frames of {a.data}', {'data': a.evaluate, 'frames': len(held_out)},
        (reader, held_out))
