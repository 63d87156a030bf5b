# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts sensor_msgs/CameraInfo to Intrinsics and back, and applies a view to it."""

from __future__ import annotations

from copy import copy

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.encodings.camera import (
    CameraInfoError,
    check_size,
    image_size,
    rectified_problem,
    to_intrinsics,
    to_rectified_intrinsics,
    to_rectifier,
)
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View

__all__ = ['CameraInfoError', 'check_size', 'from_intrinsics', 'image_size', 'rectified',
           'through_view', 'to_intrinsics', 'to_rectifier']


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
    Return the camera_info of the rectified images (image_rect) of this camera.

    It is a pinhole camera with the matrix P, whose fourth column is kept; K, D and R no longer
    apply. CameraInfoError if P is missing or no camera.
    """
    if not any(message.p):
        raise CameraInfoError('camera_info has no P, the camera of rectified images: fill it '
                              'in, or set rectify to none or node')
    if problem := rectified_problem(message):
        raise CameraInfoError(f'camera_info has no camera of rectified images ({problem}): '
                              'correct P, or set rectify to none or node')
    result = copy(message)
    result.distortion_model, result.d = 'plumb_bob', [0.0] * 5
    result.k, result.r = message.p.reshape(3, 4)[:, :3].ravel(), np.eye(3).ravel()
    return result


def through_view(message: CameraInfo, view: View, size: tuple[int, int]) -> CameraInfo:
    """
    Return the camera_info of images after ``view`` and a resize to (height, width) ``size``.

    K and P change with the crop and both resizes; distortion and R do not, since they act on rays
    and not on pixels. ``message`` is not changed.
    """
    after = view.intrinsics(to_intrinsics(message)).resized(size)
    result = from_intrinsics(after, message.header.stamp, message.header.frame_id)
    result.distortion_model, result.d, result.r = message.distortion_model, message.d, message.r
    rectified = to_rectified_intrinsics(message)
    if rectified is not None:
        rectified_after = view.intrinsics(rectified).resized(size)
        p = np.hstack([rectified_after.matrix(), np.zeros((3, 1))])
        p[0, 3] = message.p[3] * rectified_after.fx / message.p[0]
        p[1, 3] = message.p[7] * rectified_after.fy / message.p[5]
        result.p = p.ravel()
    return result
