# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Network outputs resampled onto the pixels of the camera image."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, check_crop
from depth_distill_ros.geometry.view import View

# Neighbouring depths within this ratio belong to one surface. Found on exact depth of simulated
# rooms, reduced to the network's size and resampled: a lower limit turns floors at a grazing angle
# into steps, a higher one leaves points in the air between surfaces.
SAME_SURFACE = 1.1


class CameraGrid:
    """
    Resamples network outputs of one size onto the grid of the camera image.

    The output is sampled where ``view.intrinsics`` projects the centre of each camera pixel.
    Pixels outside the crop of the view are NaN. Outputs in bars are used for no pixel.

    Args:
        view: from the camera image to the network's input
        source_size: (height, width) of the camera image, pixels
        network_size: (height, width) of the network's output, which covers the whole view
    """

    def __init__(self, view: View, source_size: tuple[int, int],
                 network_size: tuple[int, int]) -> None:
        self._source, self._network = tuple(source_size), tuple(network_size)
        check_crop(view.crop, source_size)
        top, left, height, width = view.crop
        self._part = slice(top, top + height), slice(left, left + width)
        y, x = (_coordinates(view, axis, network_size) for axis in (0, 1))
        self._x, self._y = np.meshgrid(x, y)
        self._nearest = np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)
        self._cell = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """
        Return H×W float32 depth on the camera's pixels from the network's h×w depth.

        It is bilinear between four neighbours on one surface. If they differ by more than a tenth
        or one is NaN, the nearest is taken, because a mean across an edge would be a depth at
        which there is no surface. Infinities and NaN are never blended.
        """
        self._check(depth)
        found = _pick(depth, self._nearest)
        smooth = _pick(_one_surface(depth), self._cell)
        found = cv2.copyTo(self._bilinear(depth), smooth, found)
        return self._whole(found)

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """Return H×W float32 from the network's h×w confidence, bilinear, NaN outside the crop."""
        self._check(confidence)
        return self._whole(self._bilinear(confidence))

    def _check(self, array: np.ndarray) -> None:
        if array.shape != self._network:
            raise GeometryError(f'network output of {array.shape} in a CameraGrid for '
                                f'{self._network} (height, width)')

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
    """Return the coordinates of the crop's pixel centres in the network's output."""
    crop, placed = view.crop[axis + 2], view.place[axis + 2]
    found = view.place[axis] + (np.arange(crop) + 0.5) * (placed / crop)
    shown = view.shown(network_size)[axis]
    if shown.start >= shown.stop:
        raise GeometryError(f'an output of {network_size[0]}x{network_size[1]} (height x width) '
                            'has no row or column without bars')
    return (found * (network_size[axis] / view.size[axis]) - 0.5).clip(
        shown.start, shown.stop - 1).astype(np.float32)


def _pick(array: np.ndarray, indices: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return array.take(indices[1], axis=1)[indices[0]]


def _one_surface(depth: np.ndarray) -> np.ndarray:
    """Return h×w uint8: 1 where a pixel and its right, lower and diagonal ones are one surface."""
    near = far = depth
    for axis in (0, 1):
        near, far = (extreme(values, _next(values, axis))
                     for extreme, values in ((np.minimum, near), (np.maximum, far)))
    # Comparisons with NaN are false.
    return ((far <= near * np.float32(SAME_SURFACE)) & np.isfinite(far)).view(np.uint8)


def _next(values: np.ndarray, axis: int) -> np.ndarray:
    """Return each value's next neighbour along the axis; the last value is its own."""
    last = values[-1:] if axis == 0 else values[:, -1:]
    return np.concatenate([values[1:] if axis == 0 else values[:, 1:], last], axis)
