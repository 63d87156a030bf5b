# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CameraInfo to Intrinsics and back, and through a view."""

from __future__ import annotations

from copy import copy

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.encodings.camera import (
    CameraInfoError,
    image_size,
    to_intrinsics,
    to_rectified_intrinsics,
    to_rectifier,
)
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View

__all__ = ['CameraInfoError', 'from_intrinsics', 'image_size', 'rectified', 'through_view',
           'to_intrinsics', 'to_rectifier']


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


def rectified(message: CameraInfo) -> CameraInfo:
    """
    Return the camera_info of the rectified images (image_rect) that come with this one.

    They are those of a pinhole with the camera matrix P, whose fourth column is kept: what K, D
    and R say is done already. CameraInfoError where P is missing.
    """
    if not message.p[0] > 0.0:
        raise CameraInfoError('camera_info has no P, the camera of rectified pictures: fill it '
                              'in, or set rectify to none or node')
    result = copy(message)
    result.distortion_model, result.d = 'plumb_bob', [0.0] * 5
    result.k, result.r = message.p.reshape(3, 4)[:, :3].ravel(), np.eye(3).ravel()
    return result


def through_view(message: CameraInfo, view: View, size: tuple[int, int]) -> CameraInfo:
    """
    Return the camera_info of pictures that went through ``view`` and then to ``size``.

    K and P follow the crop and both resizes; distortion and R do not change, since they act on
    rays and not on pixels. The message passed in stays as it was.
    """
    seen = view.intrinsics(to_intrinsics(message)).resized(size)
    result = from_intrinsics(seen, message.header.stamp, message.header.frame_id)
    result.distortion_model, result.d, result.r = message.distortion_model, message.d, message.r
    rectified = to_rectified_intrinsics(message)
    if rectified is not None:
        seen_rectified = view.intrinsics(rectified).resized(size)
        p = np.hstack([seen_rectified.matrix(), np.zeros((3, 1))])
        p[0, 3] = message.p[3] * seen_rectified.fx / message.p[0]
        p[1, 3] = message.p[7] * seen_rectified.fy / message.p[5]
        result.p = p.ravel()
    return result
