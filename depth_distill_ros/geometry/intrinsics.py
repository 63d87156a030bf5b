# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Pinhole intrinsics, and what a crop, a resize or padding does to them.

Pixel centres lie on whole numbers: the top left pixel's centre is (0, 0), and the image
covers [-0.5, width - 0.5] x [-0.5, height - 0.5], as in OpenCV and ROS CameraInfo.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
import operator

import numpy as np

from depth_distill_ros.errors import DepthDistillError

_SAME_LENS = math.log(1.05)  # of the ratio of two focal lengths


class GeometryError(DepthDistillError):
    """Impossible intrinsics, or a crop or resize that does not fit its image."""


class SizeError(GeometryError):
    """An image and a camera of different sizes."""


@dataclass(frozen=True)
class Intrinsics:
    """
    A pinhole camera without distortion.

    Attributes:
        fx, fy: focal lengths, pixels, > 0
        cx, cy: principal point, pixels (pixel centres on whole numbers)
        height, width: image size, pixels, > 0
    Raises:
        GeometryError: a value is not finite, or not a positive or whole number where it must be.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    height: int
    width: int

    def __post_init__(self) -> None:
        for name in ('fx', 'fy', 'cx', 'cy'):
            value = float(getattr(self, name))
            if not math.isfinite(value):
                raise GeometryError(f'intrinsics: {name} is {value}; it must be a finite number')
            if name in ('fx', 'fy') and value <= 0:
                raise GeometryError(
                    f'intrinsics: {name} is {value:g} pixels; it must be > 0')
            object.__setattr__(self, name, value)
        for name in ('height', 'width'):
            whole = positive_int(getattr(self, name), f'intrinsics: {name}')
            object.__setattr__(self, name, whole)

    @classmethod
    def from_vertical_fov(cls, vertical_fov: float, size: tuple[int, int]) -> Intrinsics:
        """
        Return intrinsics with square pixels and the principal point in the centre of the image.

        Args:
            vertical_fov: angle between the image's top and bottom edge, radians, in (0, pi)
            size: (height, width), pixels
        """
        height, width = (positive_int(v, 'size') for v in size)
        if not 0.0 < vertical_fov < math.pi:
            raise GeometryError(
                f'intrinsics: a vertical field of view of {vertical_fov:g} rad '
                f'({math.degrees(vertical_fov):g} degrees) is outside (0, pi)')
        focal = 0.5 * height / math.tan(0.5 * vertical_fov)
        return cls(focal, focal, 0.5 * (width - 1), 0.5 * (height - 1), height, width)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return self.height, self.width

    @property
    def vertical_fov(self) -> float:
        """Angle between the image's top and bottom edge, radians, for any cy."""
        top = math.atan2(self.cy + 0.5, self.fy)
        bottom = math.atan2(self.height - 0.5 - self.cy, self.fy)
        return top + bottom

    def matrix(self) -> np.ndarray:
        """K, 3x3 float64."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def cropped(self, top: int, left: int, height: int, width: int) -> Intrinsics:
        """Return the intrinsics of ``image[top:top + height, left:left + width]``."""
        check_crop((top, left, height, width), self.size)
        return Intrinsics(self.fx, self.fy, self.cx - left, self.cy - top, height, width)

    def resized(self, size: tuple[int, int]) -> Intrinsics:
        """
        Return the intrinsics of the image resized to (height, width).

        The edges of the image stay its edges, so a pixel centre, and the principal point, moves
        to u' = (u + 0.5) * s - 0.5.
        """
        height, width = (positive_int(v, 'size') for v in size)
        sy, sx = height / self.height, width / self.width
        return Intrinsics(
            self.fx * sx, self.fy * sy,
            (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5, height, width)

    def padded(self, top: int, left: int, size: tuple[int, int]) -> Intrinsics:
        """Return the intrinsics of an image of ``size`` that holds this one at (top, left)."""
        check_crop((top, left, *self.size), size)
        return Intrinsics(self.fx, self.fy, self.cx + left, self.cy + top, *size)


def focal_factor(trained: Intrinsics, seen: Intrinsics) -> float:
    """
    Return the factor from a network's depth to depth for a camera of another focal length.

    A network infers distance from how many pixels an object covers: f w / z for width w and depth
    z. An image taken with twice the focal length shows the same objects at twice the distance.
    The focal length is the geometric mean of fx and fy.

    Args:
        trained: of the training images at the network's input size (ModelCard.intrinsics)
        seen: of the network's input now, ``view.intrinsics(camera)``
    """
    return math.sqrt(seen.fx * seen.fy / (trained.fx * trained.fy))


def same_lens(one: Intrinsics, other: Intrinsics) -> bool:
    """Return whether focal lengths differ by 5 % at most, with both images at one size."""
    return abs(math.log(focal_factor(one, other.resized(one.size)))) <= _SAME_LENS


def positive_int(value: int, name: str) -> int:
    """Return ``value`` as an int. Raises GeometryError if it is not a whole number > 0."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise GeometryError(f'{name} is {value!r}; it must be a whole number') from None
    if whole <= 0:
        raise GeometryError(f'{name} is {whole} pixels; it must be > 0')
    return whole


def check_crop(crop: tuple[int, int, int, int], size: tuple[int, int]) -> None:
    """Raise GeometryError unless (top, left, height, width) lies inside (height, width)."""
    top, left, height, width = crop
    if min(top, left) < 0 or min(height, width) < 1 \
            or top + height > size[0] or left + width > size[1]:
        raise GeometryError(
            f'crop of {height}x{width} at row {top}, column {left} does not lie inside '
            f'an image of {size[0]}x{size[1]} (height x width)')
