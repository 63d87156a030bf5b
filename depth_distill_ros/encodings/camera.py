# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics and rectification of a CameraInfo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.rectification import Rectifier


class CameraInfoError(DepthDistillError):
    """A camera_info without calibration or image size."""


def image_size(message: Any) -> tuple[int, int]:
    """Return (height, width) of the images that belong to this CameraInfo, pixels."""
    rows = message.roi.height or message.height
    columns = message.roi.width or message.width
    return rows // max(1, message.binning_y), columns // max(1, message.binning_x)


def to_intrinsics(message: Any) -> Intrinsics:
    """Return K after ROI and binning: the intrinsics of the images of this CameraInfo."""
    k = message.k
    return _pinhole(message, k[0], k[4], k[2], k[5])


def to_rectified_intrinsics(message: Any) -> Intrinsics | None:
    """Return P after ROI and binning: the intrinsics of the rectified images; None without P."""
    p = message.p
    return _pinhole(message, p[0], p[5], p[2], p[6]) if p[0] > 0.0 else None


def to_rectifier(message: Any) -> Rectifier | None:
    """
    Return the Rectifier of the images of this CameraInfo; None if they need no rectification.

    That is so without distortion and rotation, if P is absent or equal to K.
    """
    raw, rectified = to_intrinsics(message), to_rectified_intrinsics(message)
    rotation = np.array(message.r, np.float64).reshape(3, 3)
    if not rotation.any():  # not filled in
        rotation = np.eye(3)
    if not any(message.d) and np.allclose(rotation, np.eye(3)) and rectified in (None, raw):
        return None
    # Drivers leave the model empty where there is no distortion.
    model, coefficients = message.distortion_model, list(message.d)
    if not any(coefficients):
        model, coefficients = 'plumb_bob', [0.0] * 5
    return Rectifier(raw, model, coefficients, rotation, rectified)


def _pinhole(message: Any, fx: float, fy: float, cx: float, cy: float) -> Intrinsics:
    if fx <= 0.0 or fy <= 0.0:
        raise CameraInfoError('camera_info is not calibrated (its focal length is 0): calibrate '
                              'the camera or publish its calibration')
    if not (message.height and message.width):
        raise CameraInfoError('camera_info has no image size: the driver must set them')
    bx, by = max(1, message.binning_x), max(1, message.binning_y)
    full = Intrinsics(fx, fy, cx - message.roi.x_offset, cy - message.roi.y_offset,
                      message.roi.height or message.height, message.roi.width or message.width)
    if bx == 1 and by == 1:
        return full
    rows, columns = image_size(message)
    # Binning sums whole blocks from the top left corner: the scale is exactly 1 / binning.
    return replace(full, fx=full.fx / bx, fy=full.fy / by, cx=(full.cx + 0.5) / bx - 0.5,
                   cy=(full.cy + 0.5) / by - 0.5, height=rows, width=columns)
