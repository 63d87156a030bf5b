# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every data set gives: named pictures with whatever is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics


class DatasetError(DepthDistillError):
    """A data set that is not where it was said to be, or a file of it that is damaged."""


@dataclass(frozen=True, eq=False)
class Sample:
    """
    One picture of a data set.

    Attributes
    ----------
    name : unique within its data set and the same on every machine
    image : H×W×3 uint8, RGB
    depth : H×W float32, metres along the optical axis, NaN invalid; h×w where a pipeline has
        resized it on its own
    semantics : H×W uint8, 0 unknown; ids of ``stream.classes.NYU13`` unless the reader was
        asked for others
    intrinsics : of ``image``, at its size
    right : H×W×3 uint8, RGB; the right view of a rectified pair whose left one is ``image``

    Raises
    ------
    DatasetError : types or sizes that do not fit; the line names the sample.

    """

    name: str
    image: np.ndarray
    depth: np.ndarray | None = None
    semantics: np.ndarray | None = None
    intrinsics: Intrinsics | None = None
    right: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = self.image.shape[:2]
        self._check('image', self.image, np.uint8, (*size, 3))
        if self.depth is not None:
            self._check('depth', self.depth, np.float32, self.depth.shape[:2])
        if self.semantics is not None:
            self._check('semantics', self.semantics, np.uint8, size)
        if self.right is not None:
            self._check('right view', self.right, np.uint8, (*size, 3))
        if self.intrinsics is not None and self.intrinsics.size != size:
            raise DatasetError(f'{self.name}: intrinsics for {self.intrinsics.size} with a '
                               f'picture of {size} (height, width)')

    def _check(self, part: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> None:
        if array.dtype != dtype or array.shape != shape:
            raise DatasetError(
                f'{self.name}: {part} is {array.dtype} of shape {array.shape}, expected '
                f'{np.dtype(dtype)} of shape {shape}')


class Reader(Protocol):
    """
    A data set on disk.

    Its order never changes. It may be pickled and used from several processes and threads;
    an index outside of it raises IndexError.
    """

    def __len__(self) -> int:
        """Return how many samples there are."""

    def __getitem__(self, index: int) -> Sample:
        """Return one sample; DatasetError if a file of it is missing or damaged."""
