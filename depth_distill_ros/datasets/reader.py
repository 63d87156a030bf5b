# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The protocol of all data set readers: an indexable sequence of frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame


class DatasetError(DepthDistillError):
    """A data set that is not at its path, or a damaged file of it."""


class LeftOut(NamedTuple):
    """An image that is no frame of its data set, or was not used, and why."""

    name: str
    reason: str


class Reader(Protocol):
    """
    A data set on disk.

    The order of its frames never changes. It can be pickled and used from several processes and
    threads. An index out of range raises IndexError. A reader may have two more attributes:
    ``left_out``, the LeftOut images, and ``remarks``, lines about what is damaged or missing.
    """

    def __len__(self) -> int:
        """Return the number of frames."""

    def __getitem__(self, index: int) -> Frame:
        """Return one frame; DatasetError if a file of it is missing or damaged."""


def counted(left_out: Sequence[LeftOut]) -> str:
    """Return '3 images left out (2: ...; 1: ...)', the commonest reason first; '' for none."""
    if not left_out:
        return ''
    reasons = Counter(each.reason for each in left_out).most_common()
    images = 'image' if len(left_out) == 1 else 'images'
    return (f'{len(left_out)} {images} left out '
            f'({"; ".join(f"{count}: {reason}" for reason, count in reasons)})')
