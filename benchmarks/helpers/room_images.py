# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which images a network of real rooms is trained on, and which judge it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.frame import Frame

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


def fitted(frame: Frame, like: Frame) -> Frame:
    """Return the image alone, cut to the shape of another frame's, with the camera of that one."""
    height, width = frame.size
    rows, columns = like.size
    factor = max(rows / height, columns / width)
    size = max(columns, round(width * factor)), max(rows, round(height * factor))
    image = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA if factor < 1
                       else cv2.INTER_LINEAR)
    top, left = (size[1] - rows) // 2, (size[0] - columns) // 2
    return Frame(np.ascontiguousarray(image[top:top + rows, left:left + columns]),
                 intrinsics=like.intrinsics, name=frame.name)
