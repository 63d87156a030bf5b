# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CameraInfo to Intrinsics and back, and through a view."""

from __future__ import annotations

from dataclasses import replace

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View


class CameraInfoError(DepthDistillError):
    """A camera_info that does not describe its images."""


def image_size(message: CameraInfo) -> tuple[int, int]:
    """Return the (height, width) of the images that come with this message."""
    rows = message.roi.height or message.height
    columns = message.roi.width or message.width
    return rows // max(1, message.binning_y), columns // max(1, message.binning_x)


def to_intrinsics(message: CameraInfo) -> Intrinsics:
    """Return the camera of the images that come with this message: K after ROI and binning."""
    return _pinhole(message, message.k[0], message.k[4], message.k[2], message.k[5])


def from_intrinsics(camera: Intrinsics, stamp: Time, frame_id: str) -> CameraInfo:
    """Return the message of a camera without distortion."""
    message = CameraInfo()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.height, message.width = camera.size
    message.distortion_model = 'plumb_bob'
    message.d = [0.0] * 5
    message.k = camera.matrix().ravel()
    message.r = np.eye(3).ravel()
    message.p = np.hstack([camera.matrix(), np.zeros((3, 1))]).ravel()
    return message


def through_view(message: CameraInfo, view: View, size: tuple[int, int]) -> CameraInfo:
    """
    Return the camera_info of pictures that went through ``view`` and then to ``size``.

    K and P follow the crop and both resizes; distortion and R do not change, since they act on
    rays and not on pixels. The message passed in stays as it was.
    """
    raw = to_intrinsics(message)
    seen = view.intrinsics(raw).resized(size)
    result = from_intrinsics(seen, message.header.stamp, message.header.frame_id)
    result.distortion_model, result.d, result.r = message.distortion_model, message.d, message.r
    if message.p[0] > 0.0:
        rectified = _pinhole(message, message.p[0], message.p[5], message.p[2], message.p[6])
        seen_rectified = view.intrinsics(rectified).resized(size)
        p = np.hstack([seen_rectified.matrix(), np.zeros((3, 1))])
        p[0, 3] = message.p[3] * seen_rectified.fx / message.p[0]
        p[1, 3] = message.p[7] * seen_rectified.fy / message.p[5]
        result.p = p.ravel()
    return result


def _pinhole(message: CameraInfo, fx: float, fy: float, cx: float, cy: float) -> Intrinsics:
    if fx <= 0.0 or fy <= 0.0:
        raise CameraInfoError('camera_info is not calibrated (its focal length is 0): calibrate '
                              'the camera or publish its real camera_info')
    if not (message.height and message.width):
        raise CameraInfoError('camera_info has no image size: the driver must fill height, width')
    bx, by = max(1, message.binning_x), max(1, message.binning_y)
    full = Intrinsics(fx, fy, cx - message.roi.x_offset, cy - message.roi.y_offset,
                      message.roi.height or message.height, message.roi.width or message.width)
    if bx == 1 and by == 1:
        return full
    rows, columns = image_size(message)
    # Binning sums whole blocks from the top left corner, so the scale is 1/bin exactly.
    return replace(full, fx=full.fx / bx, fy=full.fy / by, cx=(full.cx + 0.5) / bx - 0.5,
                   cy=(full.cy + 0.5) / by - 0.5, height=rows, width=columns)
