# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""One frame as every simulator delivers it, whatever its messages looked like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics


class FrameError(DepthDistillError):
    """A picture, a class map, a depth or intrinsics that do not make one frame."""


class FrameSizeError(FrameError):
    """Parts of one frame that differ in size."""


@dataclass(frozen=True, eq=False)
class SimulatedFrame:
    """
    A picture with its class map, its camera and its time.

    Attributes
    ----------
    image : H x W x 3 uint8, RGB
    semantics : H x W uint8, ids of ``stream.classes.NYU13``, 0 unknown
    intrinsics : of that very image (same height and width)
    stamp : nanoseconds since the simulator's (or any) epoch, >= 0
    depth : H x W float32, metres along the optical axis, NaN invalid; only for evaluation
        and for supervised training of a teacher, never for distillation

    Raises
    ------
    FrameError : types or sizes that do not fit; the message gives both sizes.

    """

    image: np.ndarray
    semantics: np.ndarray
    intrinsics: Intrinsics
    stamp: int
    depth: np.ndarray | None = None

    def __post_init__(self) -> None:
        _check_array('image', self.image, np.uint8, 'H x W x 3')
        if self.image.ndim != 3 or self.image.shape[2] != 3 or 0 in self.image.shape:
            raise FrameError(f'image: found the shape {self.image.shape}, expected H x W x 3')
        size = self.image.shape[:2]
        _check_map('semantics', self.semantics, np.uint8, size)
        if self.depth is not None:
            _check_map('depth', self.depth, np.float32, size)
        if self.intrinsics.size != size:
            raise FrameSizeError(
                f'intrinsics are for {_text(self.intrinsics.size)} and the image is '
                f'{_text(size)} (height x width): does camera_info belong to this image?')
        if isinstance(self.stamp, bool) or not isinstance(self.stamp, (int, np.integer)) \
                or self.stamp < 0:
            raise FrameError(f'stamp: found {self.stamp!r}, expected whole nanoseconds >= 0')
        object.__setattr__(self, 'stamp', int(self.stamp))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return self.image.shape[:2]


def _text(size: tuple[int, ...]) -> str:
    return 'x'.join(str(v) for v in size)


def _check_array(name: str, array: np.ndarray, dtype: type, shape: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise FrameError(f'{name}: found {found}, expected a {shape} array of {np.dtype(dtype)}')


def _check_map(name: str, array: np.ndarray, dtype: type, size: tuple[int, int]) -> None:
    _check_array(name, array, dtype, 'H x W')
    if array.shape != size:
        raise FrameSizeError(
            f'{name} of size {_text(array.shape)} for an image of {_text(size)} (height x '
            'width): both must come from one camera at one resolution')
