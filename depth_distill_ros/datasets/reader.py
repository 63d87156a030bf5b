# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The protocol of all data set readers: an indexable sequence of frames."""

from __future__ import annotations

from typing import Protocol

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame


class DatasetError(DepthDistillError):
    """A data set that is not at its path, or a damaged file of it."""


class Reader(Protocol):
    """
    A data set on disk.

    The order of its frames never changes. It can be pickled and used from several processes and
    threads. An index out of range raises IndexError.
    """

    def __len__(self) -> int:
        """Return the number of frames."""

    def __getitem__(self, index: int) -> Frame:
        """Return one frame; DatasetError if a file of it is missing or damaged."""
