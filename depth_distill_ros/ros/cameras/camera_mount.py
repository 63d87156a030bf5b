# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose of a camera above the floor: from the parameters, an IMU or TF."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

import numpy as np
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.time import Time
from sensor_msgs.msg import Imu

from depth_distill_ros.errors import one_line
from depth_distill_ros.geometry.intrinsics import GeometryError
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.parameters import ParameterError

_GRAVITY, _STEADY = 9.81, 0.1  # m/s²; share by which an acceleration at rest may differ from it
_SETTLING = 0.5  # seconds over which accelerations are averaged
# From a body frame (REP 103: x ahead, y left, z up) to the optical frame of the same camera.
_TO_OPTICAL = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


class MountError(GeometryError):
    """The mount of a camera is not known."""


class CameraMount:
    """
    Says how the camera is mounted, and how it is tilted at the moment.

    With ``mount: imu`` the IMU is fixed to the camera. Its axes are those of the optical frame if
    its frame_id ends with ``optical_frame``, else x ahead, y left and z up.

    Args:
        prefix: of the topic imu
        value: returns a parameter of the camera
    """

    def __init__(self, node: ManagedNode, prefix: str, value: Callable[[str], Any]) -> None:
        self._node, self._prefix, self._value = node, prefix, value
        self._up: np.ndarray | None = None
        self._stamp = 0.0
        self._buffer: Any = None
        self._listener: Any = None
        self._jumps: Any = None

    def listen(self) -> None:
        """Subscribe to what the parameter mount names; ParameterError if that is not there."""
        self._up = None
        kind = self._value('mount')
        if kind == 'imu':
            self._node.listen(Imu, f'{self._prefix}imu', self._on_imu, 20)
        elif kind == 'tf' and self._listener is None:
            try:
                import tf2_ros
            except ImportError as error:
                raise ParameterError(
                    f'mount is tf, and tf2_ros cannot be imported ({one_line(error)}): apt '
                    'install ros-$ROS_DISTRO-tf2-ros-py, or set mount to parameters') from None
            self._buffer = tf2_ros.Buffer()
            # tf2 would keep the last pose of a moving camera after a reset of the simulation
            self._jumps = self._node.get_clock().create_jump_callback(
                JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1)),
                post_callback=lambda _: self._buffer.clear())
            self._listener = tf2_ros.TransformListener(self._buffer, self._node)

    def output(self, frame_id: str) -> Mount:
        """
        Return the mount by which others compute the heights of this camera's points.

        Raises:
            MountError: TF does not know the frames, or has the camera below the floor
        """
        if self._value('mount') == 'tf':
            return self._from_tf(frame_id)
        value = self._value
        return Mount(value('camera_height'), math.radians(value('camera_pitch')),
                     math.radians(value('camera_roll')))

    def expected(self, frame_id: str) -> Mount:
        """Return the mount with the tilt of the moment, as far as it is measured."""
        mount = self.output(frame_id)
        if self._value('mount') == 'imu' and self._up is not None:
            return Mount.below(self._up, mount.height)
        return mount

    def _from_tf(self, frame_id: str) -> Mount:
        floor = self._value('floor_frame')
        try:
            found = self._buffer.lookup_transform(floor, frame_id, Time())
        except Exception as error:  # tf2's own types, which have no common base
            raise MountError(
                f'mount is tf, and TF has no transform from {frame_id} to {floor} '
                f'({one_line(error)}): publish it, or name another floor_frame') from None
        return mount_of_transform(found.transform)

    def _on_imu(self, message: Imu) -> None:
        up = up_of_imu(message)
        if up is None:
            return
        now = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        passed, self._stamp = max(0.0, now - self._stamp), now
        if self._up is None or has_orientation(message):
            self._up = up
        else:
            self._up = self._up + (up - self._up) * (passed / (_SETTLING + passed))


def mount_of_transform(transform: Any) -> Mount:
    """Return the mount of a camera by a geometry_msgs Transform from its optical frame."""
    up = rotation_matrix(transform.rotation)[2]
    if not transform.translation.z > 0.0:
        raise MountError(f'TF has the camera {transform.translation.z:g} m above the floor; '
                            'floor_frame must be a frame on the floor, such as base_footprint')
    return Mount.below(up, transform.translation.z)


def has_orientation(message: Imu) -> bool:
    """Return whether the IMU estimates its orientation: else its covariance begins with -1."""
    q = message.orientation
    length = math.hypot(q.x, q.y, q.z, q.w)
    return message.orientation_covariance[0] >= 0.0 and 0.0 < length < math.inf


def up_of_imu(message: Imu) -> np.ndarray | None:
    """Return the unit vector against gravity in the optical frame; None while it is shaken."""
    if has_orientation(message):
        up = rotation_matrix(message.orientation)[2]
    else:
        a = message.linear_acceleration
        up = np.array([a.x, a.y, a.z])
        size = float(np.linalg.norm(up))
        if not abs(size / _GRAVITY - 1.0) < _STEADY:
            return None
        up = up / size
    optical = message.header.frame_id.endswith('optical_frame')
    return up if optical else _TO_OPTICAL @ up


def rotation_matrix(q: Any) -> np.ndarray:
    """Return the 3×3 rotation of a geometry_msgs Quaternion of any length but 0."""
    x, y, z, w = np.array([q.x, q.y, q.z, q.w]) / math.sqrt(q.x**2 + q.y**2 + q.z**2 + q.w**2)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
