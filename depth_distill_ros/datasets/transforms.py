# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Crop, resize, mirror and rotate a frame: image, depth, classes and camera together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

Size = tuple[int, int]


def scaled(frame: Frame, size: Size) -> Frame:
    """Return the whole frame resized to (height, width)."""
    return frame.through(View((0, 0, *frame.image.shape[:2]), size))


def cropped(frame: Frame, top: int, left: int, size: Size) -> Frame:
    """Return the part of that size from (top, left) on; GeometryError if it does not fit."""
    return frame.through(View((top, left, *size), size))


def with_depth_at(frame: Frame, size: Size | None) -> Frame:
    """Return the frame with only its depth resized, to the nearest pixels; None: unchanged."""
    if frame.depth is None or size is None:
        return frame
    return replace(frame, depth=View((0, 0, *frame.depth.shape), size).depth(frame.depth))


def flipped(frame: Frame) -> Frame:
    """Return the frame mirrored left to right; DatasetError for a stereo pair."""
    if frame.right is not None:
        raise DatasetError(f'{frame.name}: a stereo pair cannot be mirrored')
    camera = frame.intrinsics
    if camera is not None:
        camera = replace(camera, cx=camera.width - 1 - camera.cx)
    mirrored: dict[str, Any] = {
        name: np.ascontiguousarray(part[:, ::-1]) for name in ('image', 'depth', 'semantics')
        if (part := getattr(frame, name)) is not None}
    return replace(frame, intrinsics=camera, **mirrored)


def rotated(frame: Frame, degrees: float) -> Frame:
    """
    Return the frame rotated counterclockwise about the image centre, at the same size.

    Uncovered pixels are black, of invalid depth and unknown class. The image is interpolated
    (bicubic); depth and classes come from the nearest pixel. The intrinsics are exact if the
    pixels are square, because this is then a roll of the camera. DatasetError for a stereo pair.
    """
    if frame.right is not None:
        raise DatasetError(f'{frame.name}: a rectified stereo pair cannot be rotated')
    height, width = frame.image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)

    def rotate(array: np.ndarray, interpolation: int, uncovered: float) -> np.ndarray:
        return cv2.warpAffine(array, matrix, (width, height), flags=interpolation,
                              borderMode=cv2.BORDER_CONSTANT, borderValue=uncovered)

    depth, semantics, camera = frame.depth, frame.semantics, frame.intrinsics
    if depth is not None:
        depth = rotate(depth, cv2.INTER_NEAREST, np.nan)
    if semantics is not None:
        semantics = rotate(semantics, cv2.INTER_NEAREST, 0)
    if camera is not None:
        cx, cy = matrix @ (camera.cx, camera.cy, 1.0)
        camera = replace(camera, cx=float(cx), cy=float(cy))
    return replace(frame, image=rotate(frame.image, cv2.INTER_CUBIC, 0), depth=depth,
                   semantics=semantics, intrinsics=camera)
