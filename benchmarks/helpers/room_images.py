# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which images a network of real rooms is trained on, and which judge it."""

from __future__ import annotations

from collections.abc import Sequence

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

_HELD_OUT = 16  # every so many photos


def frames_of(spec: str, held_out: str) -> tuple[list[Frame], list[Frame]]:
    """Return the frames to train on, and those held out, by their numbers: 250-286,600-636."""
    ranges = [tuple(map(int, part.split('-'))) for part in held_out.split(',') if part]
    parts: tuple[list[Frame], list[Frame]] = [], []
    for index, frame in enumerate(open_reader(spec)):
        parts[any(low <= index <= high for low, high in ranges)].append(frame)
    return parts


def photos_of(specs: Sequence[str], like: Frame) -> tuple[list[Frame], list[Frame]]:
    """Return the photos to train on, and those held out, in the shape of a frame."""
    photos = [fitted(photo, like) for spec in specs for photo in open_reader(spec)]
    held_out = photos[::_HELD_OUT]
    del photos[::_HELD_OUT]
    return photos, held_out


def fitted(photo: Frame, like: Frame) -> Frame:
    """Return the middle of a photo in the shape of another frame, with the camera of that one."""
    view = View.fit(photo.size, like.size)
    return Frame(view.image(photo.image), intrinsics=like.intrinsics, name=photo.name)
