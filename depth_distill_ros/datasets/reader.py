# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every data set reader is: an indexable sequence of frames."""

from __future__ import annotations

from typing import Protocol

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame


class DatasetError(DepthDistillError):
    """A data set that is not where it was said to be, or a file of it that is damaged."""


class Reader(Protocol):
    """
    A data set on disk.

    Its order never changes. It may be pickled and used from several processes and threads;
    an index outside of it raises IndexError.
    """

    def __len__(self) -> int:
        """Return the number of frames."""

    def __getitem__(self, index: int) -> Frame:
        """Return one frame; DatasetError if a file of it is missing or damaged."""
