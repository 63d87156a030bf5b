# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered frames for training, from processes that render while another one trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import itertools
import math
import multiprocessing as mp
from multiprocessing.sharedctypes import Synchronized
import os
import queue
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics, focal_factor
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.settings.training import TrainSettings
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

_RENDER_SIZE = (SimulatorSettings.height, SimulatorSettings.width)
VERTICAL_FOV = SimulatorSettings.vertical_fov
# Metres between the frames of a room, for different views.
_STRIDE = 0.35
_RENDERER_NICENESS = 5


class RenderedPool:
    """
    A ring of the newest rendered frames, from which training draws at random.

    Rooms never repeat, as every renderer has its own seeds. Rendering stays ahead of training such
    that each frame is used about `reuse` times, and waits when it is far enough ahead.

    look: a built-in one or a YAML file of ranges (sim/randomisation.yaml)
    size: (height, width) of the images
    depth_size: (height, width) of the depth, which is ``canonical_depth``, nearest-sampled

    Raises DepthDistillError if the ring does not fit into shared memory.
    """

    def __init__(self, look: str, seed: int, size: tuple[int, int], depth_size: tuple[int, int],
                 capacity: int = 16384, reuse: float = TrainSettings.reuse,
                 frames_per_room: int = 8, renderers: int = TrainSettings.renderers):
        try:
            self._images = torch.zeros((capacity, *size, 3), dtype=torch.uint8).share_memory_()
            self._depth = torch.zeros((capacity, *depth_size), dtype=torch.float16).share_memory_()
        except RuntimeError:
            needed = capacity * (3 * math.prod(size) + 2 * math.prod(depth_size)) / 2**20
            # The error of torch holds the tensor, and printing it takes minutes and gigabytes.
            raise DepthDistillError(
                f'the rendered frames need {needed:.0f} MB of shared memory, and /dev/shm has '
                'less; give the container more (docker run --shm-size 2g), or choose smaller '
                'images') from None
        self._reuse, self._frames_per_room = reuse, frames_per_room
        self._generator = torch.Generator().manual_seed(seed)
        self._drawn = 0
        context = mp.get_context('spawn')
        self._rendered, self._wanted = context.Value('q', 0), context.Value('q', capacity // 8)
        self._failure = context.Queue()
        self._processes = [
            context.Process(target=_render, daemon=True, args=(
                look, seed * 1000 + i, frames_per_room, self._images, self._depth,
                self._rendered, self._wanted, self._failure))
            for i in range(renderers)
        ]
        for process in self._processes:
            process.start()

    @property
    def rendered(self) -> int:
        return self._rendered.value

    @property
    def rooms(self) -> int:
        return math.ceil(self.rendered / self._frames_per_room)

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Return count×H×W×3 uint8 images and count×h×w float32 metres; wait for the first."""
        first = min(4 * count, len(self._images))
        self._wanted.value = max(self._wanted.value, first)
        while self.rendered < first:
            self._check_renderers()
            time.sleep(0.1)
        self._check_renderers()
        self._drawn += count
        self._wanted.value = len(self._images) // 8 + int(self._drawn / self._reuse)
        filled = min(self.rendered, len(self._images))
        index = torch.randint(filled, (count,), generator=self._generator)
        return self._images[index], self._depth[index].float()

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
            process.join()

    def _check_renderers(self) -> None:
        try:
            raise DepthDistillError(f'a renderer stopped: {self._failure.get_nowait()}')
        except queue.Empty:
            dead = [p.exitcode for p in self._processes if not p.is_alive()]
        if dead:
            raise DepthDistillError(f'a renderer died with exit code {dead[0]}; start again, '
                                    'training resumes from its last checkpoint')


def _frames(look: str, seed: int, frames_per_room: int, size: tuple[int, int],
            depth_size: tuple[int, int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield images and canonical depth of these sizes without end."""
    view, depth_view = View.fit(_RENDER_SIZE, size), View.fit(_RENDER_SIZE, depth_size)
    with SimulatedCamera(look, seed, _RENDER_SIZE, frames_per_room, VERTICAL_FOV,
                         stride=_STRIDE) as camera:
        for frame in camera:
            yield view.image(frame.image), depth_view.depth(canonical_depth(frame))


def canonical_depth(frame: Frame) -> np.ndarray:
    """
    Return the depth, H×W metres, scaled to a camera of VERTICAL_FOV.

    A file of ranges gives each room another field of view, and a network does not know the focal
    length. Its depth is later scaled by the focal length of the camera in use over that of its
    model card, so that its targets must have the latter (Yin et al., Metric3D, 2023).
    """
    known = Intrinsics.from_vertical_fov(VERTICAL_FOV, frame.depth.shape)
    return frame.depth * np.float32(focal_factor(frame.intrinsics, known))


def _render(look: str, seed: int, frames_per_room: int, images: Tensor, depth: Tensor,
            rendered: Synchronized, wanted: Synchronized, failure: mp.Queue) -> None:
    os.nice(_RENDERER_NICENESS)
    # by the id of the parent a process cannot tell: another process than 1 may adopt it
    parent: Any = mp.parent_process()
    try:
        for image, metres in _frames(look, seed, frames_per_room, tuple(images.shape[1:3]),
                                     tuple(depth.shape[1:])):
            with rendered.get_lock():
                slot = rendered.value % len(images)
                images[slot], depth[slot] = torch.from_numpy(image), torch.from_numpy(metres)
                rendered.value += 1
            while rendered.value > wanted.value:
                if not parent.is_alive():
                    return
                time.sleep(0.05)
    except (DepthDistillError, OSError) as error:
        failure.put(str(error))


def held_out_frames(look: str, seed: int, rooms: int, size: tuple[int, int],
                    depth_size: tuple[int, int], frames_per_room: int = 4,
                    ) -> tuple[np.ndarray, np.ndarray]:
    """Return N×H×W×3 uint8 images and N×h×w float32 metres of `rooms` rooms, for evaluation."""
    frames = _frames(look, seed, frames_per_room, size, depth_size)
    with closing(frames):
        images, depth = zip(*itertools.islice(frames, rooms * frames_per_room), strict=True)
    return np.stack(images), np.stack(depth)
