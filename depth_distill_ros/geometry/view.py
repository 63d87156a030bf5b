# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""From a camera's picture to a network's input size, with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import Intrinsics, check_crop, positive_int


@dataclass(frozen=True)
class View:
    """
    A crop of the source picture, resized to ``size``.

    Attributes
    ----------
    crop : (top, left, height, width) in the source picture, pixels
    size : (height, width) of the result, pixels

    A source picture in which the crop does not lie raises GeometryError.

    """

    crop: tuple[int, int, int, int]
    size: tuple[int, int]

    @classmethod
    def fit(cls, source_size: tuple[int, int], target_size: tuple[int, int]) -> View:
        """
        Return the largest centred crop of the target's aspect ratio, resized to the target.

        Whole pixels are cropped, so the aspect ratio is met to within half a pixel and the
        centre to within one; ``intrinsics`` is exact all the same, as it follows the crop
        that was taken.
        """
        source_h, source_w = (positive_int(v, 'source size') for v in source_size)
        target_h, target_w = (positive_int(v, 'target size') for v in target_size)
        height, width = source_h, source_w
        if source_w * target_h > source_h * target_w:
            width = max(1, round(source_h * target_w / target_h))
        else:
            height = max(1, round(source_w * target_h / target_w))
        crop = ((source_h - height) // 2, (source_w - width) // 2, height, width)
        return cls(crop, (target_h, target_w))

    def image(self, image: np.ndarray) -> np.ndarray:
        """Return an H x W x 3 picture at ``size``: area averages on shrinking, else bilinear."""
        part = self._part(image)
        if part.shape[:2] == self.size:
            return np.ascontiguousarray(part)
        shrinks = part.shape[0] >= self.size[0] and part.shape[1] >= self.size[1]
        return cv2.resize(
            part, self.size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)

    def labels(self, labels: np.ndarray) -> np.ndarray:
        """Return an H x W class map at ``size``: each pixel the source pixel under its centre."""
        part = self._part(labels)
        if part.shape == self.size:
            return np.ascontiguousarray(part)
        # cv2.INTER_NEAREST takes the pixel under the top left corner, half a pixel off.
        rows, columns = (_nearest(*pair) for pair in zip(part.shape, self.size, strict=True))
        return part[rows].take(columns, axis=1)

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """Return an H x W depth at ``size``, nearest: a mean across an edge is no surface."""
        return self.labels(depth)

    def intrinsics(self, intrinsics: Intrinsics) -> Intrinsics:
        """Return the intrinsics of what the other methods return."""
        return intrinsics.cropped(*self.crop).resized(self.size)

    def _part(self, array: np.ndarray) -> np.ndarray:
        check_crop(self.crop, array.shape[:2])
        top, left, height, width = self.crop
        return array[top:top + height, left:left + width]


def _nearest(source: int, target: int) -> np.ndarray:
    """Return for each target pixel the source pixel its centre falls into, in whole numbers."""
    return (2 * np.arange(target) + 1) * source // (2 * target)
