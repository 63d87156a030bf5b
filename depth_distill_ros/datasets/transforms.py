# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Crop, resize, mirror and rotate a frame: image, depth, classes and camera together."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

Size = tuple[int, int]


def scaled(sample: Frame, size: Size) -> Frame:
    """Return the whole sample at another size."""
    return sample.through(View((0, 0, *sample.image.shape[:2]), size))


def cropped(sample: Frame, top: int, left: int, size: Size) -> Frame:
    """Return the part of that size from (top, left) on; GeometryError if it does not fit."""
    return sample.through(View((top, left, *size), size))


def with_depth_at(sample: Frame, size: Size | None) -> Frame:
    """Return the sample with its depth alone at another size, nearest; None: as it is."""
    if sample.depth is None or size is None:
        return sample
    return replace(sample, depth=View((0, 0, *sample.depth.shape), size).depth(sample.depth))


def flipped(sample: Frame) -> Frame:
    """Return the sample mirrored left to right; a stereo pair cannot be."""
    if sample.right is not None:
        raise DatasetError(f'{sample.name}: a mirrored stereo pair is no stereo pair')
    camera = sample.intrinsics
    if camera is not None:
        camera = replace(camera, cx=camera.width - 1 - camera.cx)
    image, depth, semantics = (
        None if part is None else np.ascontiguousarray(part[:, ::-1])
        for part in (sample.image, sample.depth, sample.semantics))
    return replace(sample, image=image, depth=depth, semantics=semantics, intrinsics=camera)


def rotated(sample: Frame, degrees: float) -> Frame:
    """
    Return the sample turned counterclockwise about the picture's centre, at the same size.

    What is uncovered is black, of invalid depth and unknown class. The picture is interpolated
    (cubic), depth and classes are taken from the nearest pixel. The intrinsics are exact where
    pixels are square, for this is then a roll of the camera.
    """
    if sample.right is not None:
        raise DatasetError(f'{sample.name}: a rotated stereo pair is no longer rectified')
    height, width = sample.image.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)

    def turned(array: np.ndarray, interpolation: int, uncovered: float) -> np.ndarray:
        return cv2.warpAffine(array, turn, (width, height), flags=interpolation,
                              borderMode=cv2.BORDER_CONSTANT, borderValue=uncovered)

    depth, semantics, camera = sample.depth, sample.semantics, sample.intrinsics
    if depth is not None:
        depth = turned(depth, cv2.INTER_NEAREST, np.nan)
    if semantics is not None:
        semantics = turned(semantics, cv2.INTER_NEAREST, 0)
    if camera is not None:
        cx, cy = turn @ (camera.cx, camera.cy, 1.0)
        camera = replace(camera, cx=float(cx), cy=float(cy))
    return replace(sample, image=turned(sample.image, cv2.INTER_CUBIC, 0), depth=depth,
                   semantics=semantics, intrinsics=camera)
