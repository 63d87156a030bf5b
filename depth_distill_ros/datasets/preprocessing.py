# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Geometric preprocessing: from a data set's frame to what a network is trained or evaluated on.

A pipeline is a plain value that can be compared and sent to other processes. It takes a frame and
a random generator; equal inputs give equal results. ``photometric`` changes the colours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.datasets import transforms
from depth_distill_ros.datasets.photometric import dacnn, hu
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.names import PAPER_SIZE

# The papers resize 480×640 to 240×320 and take the middle.
_MARGIN = 240 / PAPER_SIZE[0]


@dataclass(frozen=True)
class Indoor:
    """
    Hu et al.'s pipeline for NYU-v2 and its relatives: resize, flip, rotate, crop the centre.

    Attributes:
        size: (height, width) of the crop. The image is first resized to cover the crop and a
            margin (480×640 becomes 240×320 before a crop of 228×304)
        depth_size: size of the depth, nearest pixels; None: that of the crop
        flip: mirror half of the frames
        rotation: maximum angle in either direction, degrees; uncovered pixels have no depth
    """

    size: transforms.Size = PAPER_SIZE
    depth_size: transforms.Size | None = None
    flip: bool = False
    rotation: float = 0.0

    def __call__(self, frame: Frame, random: Any = None) -> Frame:
        have = frame.image.shape[:2]
        scale = max(want * _MARGIN / side for want, side in zip(self.size, have, strict=True))
        frame = transforms.scaled(frame, tuple(max(round(side * scale), want) for side, want
                                      in zip(have, self.size, strict=True)))
        if self.flip and random.random() < 0.5:
            frame = transforms.flipped(frame)
        if self.rotation:
            frame = transforms.rotated(frame, random.uniform(-self.rotation, self.rotation))
        top, left = ((side - want) // 2 for side, want
                     in zip(frame.image.shape, self.size, strict=False))
        centre = transforms.cropped(frame, top, left, self.size)
        return transforms.with_depth_at(centre, self.depth_size)


@dataclass(frozen=True)
class Fit:
    """
    The view of the nodes: the largest centred part of the aspect ratio, resized.

    Attributes:
        size: (height, width) of the image
        depth_size: size of the depth; None: that of the image
        flip: mirror half of the frames
    """

    size: transforms.Size
    depth_size: transforms.Size | None = None
    flip: bool = False

    def __call__(self, frame: Frame, random: Any = None) -> Frame:
        part = View.fit(frame.image.shape[:2], self.size).crop
        prepared = frame.through(View(part, self.size))
        if frame.depth is not None and self.depth_size is not None:
            # From the source in one step: two nearest-pixel steps may end at another pixel.
            whole = transforms.cropped(frame, *part[:2], part[2:])
            prepared = replace(
                prepared, depth=transforms.with_depth_at(whole, self.depth_size).depth)
        return transforms.flipped(prepared) if self.flip and random.random() < 0.5 else prepared


@dataclass(frozen=True)
class RandomCrop:
    """
    DACNN's pipeline for KITTI: a random crop, the same for both images and the depth.

    Attributes:
        size: (height, width) of the crop
    """

    size: transforms.Size = (256, 512)

    def __call__(self, frame: Frame, random: np.random.Generator) -> Frame:
        room = [side - want for side, want in zip(frame.image.shape, self.size, strict=False)]
        if min(room) < 0:
            raise DatasetError(f'{frame.name}: a crop of {self.size} does not fit into an image '
                               f'of {frame.image.shape[:2]} (height, width); choose a smaller '
                               'size')
        top, left = (int(random.integers(0, most + 1)) for most in room)
        return transforms.cropped(frame, top, left, self.size)


@dataclass(frozen=True)
class Preparation:
    """
    How a data set's frames become training images.

    Attributes:
        pipeline: from a frame of any size to a frame of one size
        photometric: changes the colours of B×3×H×W RGB from 0 to 1. The images of a stereo pair go
            through it with generators of equal state. None: colours stay
        plain: nothing is random, so a frame is the same each time
    """

    pipeline: Callable[[Frame, np.random.Generator], Frame]
    photometric: Callable[[Tensor, torch.Generator], Tensor] | None = None
    plain: bool = False


def recorded(spec: str) -> bool:
    """Tell whether a robot or simulator recorded the data, which is then seen as by the nodes."""
    return spec.partition(':')[0] in ('folder', 'bag', 'store')


def preparation(spec: str, size: transforms.Size, needs: Collection[str] = ()) -> Preparation:
    """
    Return the papers' preparation of such data.

    Frames for supervised training are augmented: indoors as by Hu et al. (rotation only on
    NYU-v2), on KITTI and for stereo pairs as by DACNN. Other frames are not: they look as a
    distilled network will see them.

    Args:
        spec: of the data set, as ``open_reader`` takes it
        size: (height, width) of the images
        needs: parts of a frame that are used in addition to the image
    """
    kind = spec.partition(':')[0]
    if kind == 'kitti':
        return Preparation(RandomCrop(size), dacnn if {'depth', 'right'} & {*needs} else None)
    if 'depth' not in needs:
        return Preparation(Fit(size) if recorded(spec) else Indoor(size), plain=True)
    half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    if recorded(spec) and 'right' in needs:
        return Preparation(Fit(size, half), dacnn)
    if recorded(spec):
        return Preparation(Fit(size, half, flip=True), hu)
    return Preparation(Indoor(size, half, True, 5.0 if kind.startswith('nyu') else 0.0), hu)
