# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which images a network of real rooms is trained on, and which judge it."""

from __future__ import annotations

from collections.abc import Sequence
import math

from depth_distill_ros.datasets import Reader, open_reader
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

_HELD_OUT, _JUDGES = 16, 128  # every so many photos, and at most so many


class Photos(Sequence[Frame]):
    """Photos in the shape of a frame; each is read when it is asked for."""

    def __init__(self, photos: Sequence[tuple[Reader, int]], like: Frame):
        self._photos, self._like = photos, like

    def __len__(self) -> int:
        return len(self._photos)

    def __getitem__(self, index: int) -> Frame:
        """Return the middle of a photo, with the camera of the other frame."""
        reader, number = self._photos[index]
        photo = reader[number]
        view = View.fit(photo.size, self._like.size)
        return Frame(view.image(photo.image), intrinsics=self._like.intrinsics, name=photo.name)


def frames_of(spec: str, held_out: str) -> tuple[list[Frame], list[Frame]]:
    """Return the frames to train on, and those held out, by their numbers: 250-286,600-636."""
    ranges = [tuple(map(int, part.split('-'))) for part in held_out.split(',') if part]
    parts: tuple[list[Frame], list[Frame]] = [], []
    for index, frame in enumerate(open_reader(spec)):
        parts[any(low <= index <= high for low, high in ranges)].append(frame)
    return parts


def photos_of(specs: Sequence[str], like: Frame) -> tuple[Photos, Photos]:
    """Return the photos to train on, and those held out, in the shape of a frame."""
    photos = [(reader, number) for reader in map(open_reader, specs)
              for number in range(len(reader))]
    every = max(_HELD_OUT, math.ceil(len(photos) / _JUDGES))
    held_out = photos[::every]
    del photos[::every]
    return Photos(photos, like), Photos(held_out, like)
