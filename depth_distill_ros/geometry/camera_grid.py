# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network says about a view, back on the pixels of the camera."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError
from depth_distill_ros.geometry.view import View

# Neighbouring depths within this ratio are one surface. Exact depth of the robot world, thinned
# to the network's size and brought back: a lower limit makes steps of floors seen at a grazing
# angle, a higher one hangs points in the air between surfaces.
_SAME_SURFACE = 1.1


class CameraGrid:
    """
    Brings network outputs of one size onto the grid of the source picture.

    Each camera pixel's centre is looked up where ``view.intrinsics`` projects it. Pixels that
    the view cropped away are NaN; what the network says about bars is used for no pixel.

    Parameters
    ----------
    view : through which the network saw the source
    source_size : (height, width) of the camera's picture
    network_size : (height, width) of what the network gives: any size, it shows the whole view

    """

    def __init__(self, view: View, source_size: tuple[int, int],
                 network_size: tuple[int, int]) -> None:
        self._source, self._network = tuple(source_size), tuple(network_size)
        top, left, height, width = view.crop
        if top + height > source_size[0] or left + width > source_size[1]:
            raise GeometryError(f'the view {view.crop} does not lie in a picture of '
                                f'{source_size[0]}x{source_size[1]} (height x width)')
        self._part = slice(top, top + height), slice(left, left + width)
        y, x = (_coordinates(view, axis, network_size) for axis in (0, 1))
        self._x, self._y = np.meshgrid(x, y)
        self._nearest = np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)
        self._cell = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """
        Return H×W float32 depth on the camera's pixels from h×w of the network.

        Between four neighbours on one surface it is bilinear; where they differ by more than a
        tenth or one is NaN it is the nearest one's, for a mean across an edge is a surface that
        is not there. Infinities and NaN are never blended.
        """
        self._check(depth)
        found = _pick(depth, self._nearest)
        smooth = _pick(_one_surface(depth), self._cell)
        found = cv2.copyTo(self._bilinear(depth), smooth, found)
        return self._whole(found)

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """Return H×W float32 bilinear from h×w of the network, NaN without prediction."""
        self._check(confidence)
        return self._whole(self._bilinear(confidence))

    def _check(self, array: np.ndarray) -> None:
        if array.shape != self._network:
            raise GeometryError(f'the network gave {array.shape} where {self._network} '
                                '(height, width) was announced')

    def _bilinear(self, array: np.ndarray) -> np.ndarray:
        return cv2.remap(np.asarray(array, np.float32), self._x, self._y, cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)

    def _whole(self, part: np.ndarray) -> np.ndarray:
        if part.shape == self._source:
            return part
        whole = np.full(self._source, np.nan, np.float32)
        whole[self._part] = part
        return whole


def _coordinates(view: View, axis: int, network_size: tuple[int, int]) -> np.ndarray:
    """Return where the centres of the crop's pixels lie among those of the network."""
    crop, placed = view.crop[axis + 2], view.place[axis + 2]
    found = view.place[axis] + (np.arange(crop) + 0.5) * (placed / crop)
    shown = view.shown(network_size)[axis]
    if shown.start >= shown.stop:
        raise GeometryError(f'an output of {network_size[0]}x{network_size[1]} (height x width) '
                            'is too small to show a picture between bars')
    return (found * (network_size[axis] / view.size[axis]) - 0.5).clip(
        shown.start, shown.stop - 1).astype(np.float32)


def _pick(array: np.ndarray, indices: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return array.take(indices[1], axis=1)[indices[0]]


def _one_surface(depth: np.ndarray) -> np.ndarray:
    """Return h×w uint8: 1 where a pixel, its right, lower and diagonal one are one surface."""
    near = far = depth
    for axis in (0, 1):
        near, far = (extreme(values, _next(values, axis))
                     for extreme, values in ((np.minimum, near), (np.maximum, far)))
    # Comparisons with NaN are false, and inf is no finite multiple.
    return ((far <= near * np.float32(_SAME_SURFACE)) & np.isfinite(far)).view(np.uint8)


def _next(values: np.ndarray, axis: int) -> np.ndarray:
    """Return each value's neighbour after it, the last one's being itself."""
    last = values[-1:] if axis == 0 else values[:, -1:]
    return np.concatenate([values[1:] if axis == 0 else values[:, 1:], last], axis)
