# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a matrix can be a camera: a wrong focal length would scale all depth."""

from __future__ import annotations

from collections.abc import Sequence
import math

# What no camera has, so that it is an error of whoever wrote the numbers.
_NARROWEST, _WIDEST = 5.0, 170.0  # degrees, field of view of the longer side
_MOST_STRETCHED = 4.0  # of fx and fy
_FARTHEST_CENTRE = 0.5  # of the principal point from the image, in image sizes: it may be cropped


def problem_of(name: str, matrix: Sequence[Sequence[float]], size: tuple[int, int]) -> str:
    """
    Return what shows that a matrix is no camera of images of (height, width) ``size``, or ''.

    Args:
        name: of the matrix, in the text
        matrix: K, 3×3, or P, 3×4; pixels
    """
    (fx, _, cx, *_), (turned, fy, cy, *_), (left, middle, one, *_) = matrix
    if fx == fy == 0.0:
        return f'its focal length is 0 in {name}'
    for what, value in (('fx', fx), ('fy', fy), ('cx', cx), ('cy', cy)):
        if not math.isfinite(value) or (value <= 0.0 and what[0] == 'f'):
            return f'{what} of {name} is {value:g}'
    # Some leave the 1 out. Of a transposed or scaled matrix the numbers mean something else.
    if turned or left or middle or one not in (0.0, 1.0):
        return f'the rows of {name} are not "fx 0 cx", "0 fy cy" and "0 0 1"'
    height, width = size
    side, focal = max((height, fy), (width, fx))
    view = math.degrees(2.0 * math.atan2(0.5 * side, focal))
    if not _NARROWEST <= view <= _WIDEST:
        return (f'a focal length of {focal:g} pixels in {name} is a field of view of '
                f'{view:.3g} degrees')
    if not 1.0 / _MOST_STRETCHED <= fx / fy <= _MOST_STRETCHED:
        return f'fx and fy of {name} are {fx:g} and {fy:g}'
    reach = _FARTHEST_CENTRE
    if cx == cy == 0.0 or not (-reach * width <= cx <= (1.0 + reach) * width
                               and -reach * height <= cy <= (1.0 + reach) * height):
        return f'the principal point of {name} is ({cx:g}, {cy:g}) in {height}x{width} pixels'
    return ''
