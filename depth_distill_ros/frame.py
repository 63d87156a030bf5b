# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one frame type: a camera image with everything that is known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View


class FrameError(DepthDistillError):
    """An image, a class map, a depth map or intrinsics that do not form one frame."""


class FrameSizeError(FrameError):
    """Parts of one frame that differ in size."""


@dataclass(frozen=True, eq=False)
class Frame:
    """
    One camera image with its optional parts.

    Simulators, the stream store, data sets and evaluation all use this type.

    Attributes:
        image: H×W×3 uint8, RGB
        depth: h×w float32, metres along the optical axis, NaN invalid; a pipeline may have resized
            it on its own. Only evaluation and supervised training use it, never distillation
        semantics: H×W uint8, class ids of ``stream.classes.NYU13``, 0 unknown
        intrinsics: of ``image``, at its size
        right: H×W×3 uint8, RGB; the right image of a rectified stereo pair
        stamp: nanoseconds since any epoch, >= 0
        name: unique within a data set and the same on every machine
    Raises:
        FrameError: a wrong type or shape; the message names the part, and the frame if it has a
            name
        FrameSizeError: parts of different sizes; the message gives both
    """

    image: np.ndarray
    depth: np.ndarray | None = None
    semantics: np.ndarray | None = None
    intrinsics: Intrinsics | None = None
    right: np.ndarray | None = None
    stamp: int = 0
    name: str = ''

    def __post_init__(self) -> None:
        self._check_type('image', np.uint8, 'H×W×3')
        if self.image.ndim != 3 or self.image.shape[2] != 3 or 0 in self.image.shape:
            raise FrameError(self._about(
                f'image: found the shape {self.image.shape}, expected H×W×3'))
        self._check('semantics', np.uint8, self.size)
        self._check('right', np.uint8, (*self.size, 3))
        if self.depth is not None:
            self._check_type('depth', np.float32, 'H×W')
            if self.depth.ndim != 2:
                raise FrameError(self._about(
                    f'depth: found the shape {self.depth.shape}, expected H×W'))
        if self.intrinsics is not None and self.intrinsics.size != self.size:
            raise FrameSizeError(self._about(
                f'intrinsics are for {_text(self.intrinsics.size)} and the image is '
                f'{_text(self.size)} (height x width): does camera_info belong to this image?'))
        if isinstance(self.stamp, bool) or not isinstance(self.stamp, (int, np.integer)) \
                or self.stamp < 0:
            raise FrameError(self._about(
                f'stamp: found {self.stamp!r}, expected whole nanoseconds >= 0'))
        object.__setattr__(self, 'stamp', int(self.stamp))
        # A file name that is not UTF-8 could be neither printed nor written to a table.
        object.__setattr__(self, 'name', self.name.encode(errors='backslashreplace').decode())

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image, pixels."""
        return self.image.shape[:2]

    def through(self, view: View) -> Frame:
        """
        Return every part of the frame through one view.

        Images are averaged over areas where they shrink and else interpolated; depth and classes
        come from the nearest pixel. Raises FrameSizeError if depth and image differ in size.
        """
        if self.depth is not None and self.depth.shape != self.size:
            raise FrameSizeError(self._about(
                f'depth of size {_text(self.depth.shape)} for an image of {_text(self.size)} '
                '(height x width)'))
        parts: tuple[tuple[str, Callable[..., Any]], ...] = (
            ('image', view.image), ('right', view.image), ('depth', view.depth),
            ('semantics', view.labels), ('intrinsics', view.intrinsics))
        return replace(self, **{
            name: through(getattr(self, name)) for name, through in parts
            if getattr(self, name) is not None})

    def _check(self, part: str, dtype: type, shape: tuple[int, ...]) -> None:
        array = getattr(self, part)
        if array is None:
            return
        self._check_type(part, dtype, 'x'.join('HWC'[:len(shape)]))
        if array.shape != shape:
            raise FrameSizeError(self._about(
                f'{part} of size {_text(array.shape)} for an image of {_text(self.size)} '
                '(height x width): both must come from one camera at one resolution'))

    def _check_type(self, part: str, dtype: type, shape: str) -> None:
        array = getattr(self, part)
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
            raise FrameError(self._about(
                f'{part}: found {found}, expected a {shape} array of {np.dtype(dtype)}'))

    def _about(self, problem: str) -> str:
        return f'{self.name}: {problem}' if self.name else problem


def _text(size: tuple[int, ...]) -> str:
    return 'x'.join(str(side) for side in size)
