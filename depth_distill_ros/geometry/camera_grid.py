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
    Pixels outside the crop of the view are NaN. Outputs in bars are used for no pixel. It works in
    memory of its own, because new pages for each frame cost more than the resampling: one thread
    may use it at a time.

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
        self._outside = [(slice(0, top), slice(None)), (slice(top + height, None), slice(None)),
                         (self._part[0], slice(0, left)),
                         (self._part[0], slice(left + width, None))]
        y, x = (_coordinates(view, axis, network_size) for axis in (0, 1))
        # Without bars, these coordinates are those of cv2.resize, which is ten times faster.
        self._maps = np.meshgrid(x, y) if any(view.bars) else None
        self._nearest = np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)
        self._cell = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
        columns, whole = (network_size[0], width), (height, width)
        self._found = np.empty(columns, np.float32), np.empty(whole, np.float32)
        self._steps = np.empty(columns, np.uint8), np.empty(whole, np.uint8)

    def depth(self, depth: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """
        Return H×W float32 depth on the camera's pixels from the network's h×w depth.

        It is bilinear between four neighbours on one surface. If they differ by more than a tenth
        or one is NaN, the nearest is taken, because a mean across an edge would be a depth at
        which there is no surface. Infinities and NaN are never blended.

        Args:
            out: H×W float32, written and returned; None: a new array
        """
        depth = np.asarray(depth, np.float32)
        result = self._bilinear(depth, out)
        nearest = _pick(depth, self._nearest, self._found)
        step = _pick(_is_step(depth), self._cell, self._steps)
        cv2.copyTo(nearest, step, result[self._part])
        return result

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """Return H×W float32 from the network's h×w confidence, bilinear, NaN outside the crop."""
        return self._bilinear(confidence, None)

    def _bilinear(self, array: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        if array.shape != self._network:
            raise GeometryError(f'network output of {array.shape} in a CameraGrid for '
                                f'{self._network} (height, width)')
        result = np.empty(self._source, np.float32) if out is None else out
        for outside in self._outside:
            result[outside] = np.nan
        part, array = result[self._part], np.asarray(array, np.float32)
        if self._maps is None:
            cv2.resize(array, part.shape[::-1], dst=part, interpolation=cv2.INTER_LINEAR)
        else:
            x, y = self._maps
            cv2.remap(array, x, y, cv2.INTER_LINEAR, dst=part, borderMode=cv2.BORDER_REPLICATE)
        return result


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


def _pick(array: np.ndarray, indices: tuple[np.ndarray, np.ndarray],
          into: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the elements at rows × columns; ``into`` has room for the columns, and for both."""
    # mode: otherwise numpy fills a copy of the room first, in case that an index is none
    return array.take(indices[1], 1, into[0], 'clip').take(indices[0], 0, into[1], 'clip')


def _is_step(depth: np.ndarray) -> np.ndarray:
    """Return h×w uint8: 0 where a pixel and its right, lower and diagonal ones are one surface."""
    # one more row and column, so that the last pixels are their own neighbours
    near = far = cv2.copyMakeBorder(depth, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    near, far = np.minimum(near[:, :-1], near[:, 1:]), np.maximum(far[:, :-1], far[:, 1:])
    near, far = np.minimum(near[:-1], near[1:]), np.maximum(far[:-1], far[1:])
    # Comparisons with NaN are false.
    return (~((far <= near * np.float32(SAME_SURFACE)) & np.isfinite(far))).view(np.uint8)
