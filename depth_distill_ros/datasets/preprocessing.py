# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
From a data set's sample to what a network is trained or judged on: the geometry.

A pipeline is a plain value: it can be compared, and sent to processes. It takes a sample and
random numbers, and equal ones give an equal result; one without chance needs none. Colours are
``photometric``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from depth_distill_ros.datasets.photometric import dacnn, hu
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.transforms import (
    Size,
    cropped,
    flipped,
    rotated,
    scaled,
    with_depth_at,
)
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

# The papers resize 480×640 to 240×320 and take the middle 228×304.
_MARGIN = 240 / 228


@dataclass(frozen=True)
class Indoor:
    """
    Hu et al.'s pipeline for NYU-v2 and its relatives: resize, flip, rotate, crop the centre.

    Attributes
    ----------
    size : the crop; the picture is resized so that it covers the crop and a margin (480×640
        becomes 240×320 before a crop of 228×304)
    depth_size : what the depth of the crop is resized to, nearest; None: it is left alone
    flip : whether half of the samples are mirrored
    rotation : most degrees either way; uncovered pixels have no depth

    """

    size: Size = (228, 304)
    depth_size: Size | None = None
    flip: bool = False
    rotation: float = 0.0

    def __call__(self, sample: Frame, random: np.random.Generator | None = None) -> Frame:
        have = sample.image.shape[:2]
        scale = max(want * _MARGIN / side for want, side in zip(self.size, have, strict=True))
        sample = scaled(sample, tuple(max(round(side * scale), want) for side, want
                                      in zip(have, self.size, strict=True)))
        if self.flip and random.random() < 0.5:
            sample = flipped(sample)
        if self.rotation:
            sample = rotated(sample, random.uniform(-self.rotation, self.rotation))
        top, left = ((side - want) // 2 for side, want
                     in zip(sample.image.shape, self.size, strict=False))
        return with_depth_at(cropped(sample, top, left, self.size), self.depth_size)


@dataclass(frozen=True)
class Fit:
    """
    A camera's picture as the nodes see it: its largest centred part of the shape, resized.

    Attributes
    ----------
    size : of the picture
    depth_size : of the depth; None: that of the picture
    flip : whether half of the samples are mirrored

    """

    size: Size
    depth_size: Size | None = None
    flip: bool = False

    def __call__(self, sample: Frame, random: np.random.Generator | None = None) -> Frame:
        part = View.fit(sample.image.shape[:2], self.size).crop
        prepared = sample.through(View(part, self.size))
        if sample.depth is not None and self.depth_size is not None:
            # From the source at once: the nearest of the nearest may be another pixel.
            whole = cropped(sample, *part[:2], part[2:])
            prepared = replace(
                prepared, depth=with_depth_at(whole, self.depth_size).depth)
        return flipped(prepared) if self.flip and random.random() < 0.5 else prepared


@dataclass(frozen=True)
class RandomCrop:
    """
    DACNN's pipeline for KITTI: one crop anywhere, the same of both views and the depth.

    Attributes
    ----------
    size : of the crop

    """

    size: Size = (256, 512)

    def __call__(self, sample: Frame, random: np.random.Generator) -> Frame:
        room = [side - want for side, want in zip(sample.image.shape, self.size, strict=False)]
        if min(room) < 0:
            raise DatasetError(f'{sample.name}: a crop of {self.size} does not fit into a picture '
                               f'of {sample.image.shape[:2]} (height, width); choose a smaller '
                               'size')
        top, left = (int(random.integers(0, most + 1)) for most in room)
        return cropped(sample, top, left, self.size)


@dataclass(frozen=True)
class Preparation:
    """
    How a data set's samples become training pictures.

    Attributes
    ----------
    pipeline : from sample to sample of one size
    photometric : from B×3×H×W RGB on the scale 0..1 to the same in other light; the views of a
        stereo pair go through it with generators of equal state. None: pictures stay as they are
    plain : neither has any chance in it, so a sample is the same each time

    """

    pipeline: Callable[[Frame, np.random.Generator], Frame]
    photometric: Callable[[Tensor, torch.Generator], Tensor] | None = None
    plain: bool = False


def recorded(spec: str) -> bool:
    """Tell whether a data set is a robot's or a simulator's, seen whole as the nodes see it."""
    return spec.partition(':')[0] in ('folder', 'bag', 'store')


def preparation(spec: str, size: Size, needs: Collection[str] = ()) -> Preparation:
    """
    Return how the papers prepare such data.

    With depth to learn from, samples are augmented: as Hu et al. do indoors (rotation on NYU-v2
    alone), as DACNN does on KITTI and wherever there are stereo pairs. Without, they are as a
    distilled network will see them.

    Parameters
    ----------
    spec : of the data set, as ``open_reader`` takes it
    size : (height, width) of the pictures
    needs : parts of a sample that will be used beside the picture

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
