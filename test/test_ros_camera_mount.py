# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mount of a camera as TF and an IMU give it."""

import math

import numpy as np
import pytest

pytest.importorskip('rclpy')
from geometry_msgs.msg import Quaternion, Transform  # noqa: E402
from sensor_msgs.msg import Imu  # noqa: E402

from depth_distill_ros.geometry.intrinsics import GeometryError  # noqa: E402
from depth_distill_ros.geometry.scan import Mount  # noqa: E402
from depth_distill_ros.ros.cameras.camera_mount import (  # noqa: E402
    mount_of_transform,
    up_of_imu,
)

MOUNTS = [Mount(0.6), Mount(0.31, math.radians(12)), Mount(1.2, -0.2, 0.3)]


def quaternion(matrix):
    """Return the quaternion of a rotation whose trace is above -1."""
    w = 0.5 * math.sqrt(1.0 + np.trace(matrix))
    x, y, z = (np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0],
                         matrix[1, 0] - matrix[0, 1]]) / (4.0 * w)).tolist()
    return Quaternion(x=x, y=y, z=z, w=w)


@pytest.mark.parametrize('mount', MOUNTS)
def test_the_transform_of_an_optical_frame_has_the_height_and_both_angles(mount):
    turn = math.radians(40)  # the camera looks aside, which is no part of a mount
    about = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0],
                      [0, 0, 1]])
    transform = Transform(rotation=quaternion(about @ mount.to_level()))
    transform.translation.z = mount.height
    found = mount_of_transform(transform)
    assert (found.height, found.pitch, found.roll) == pytest.approx(
        (mount.height, mount.pitch, mount.roll), abs=1e-6)


def test_a_frame_above_the_camera_is_no_floor():
    with pytest.raises(GeometryError, match='floor_frame must be a frame on the floor'):
        mount_of_transform(Transform())


def imu(mount, frame_id, gravity=9.81):
    """Return what an IMU without orientation measures at rest on a camera."""
    up = mount.to_level()[2]
    if not frame_id.endswith('optical_frame'):
        up = np.array([up[2], -up[0], -up[1]])
    message = Imu()
    message.header.frame_id = frame_id
    message.orientation_covariance[0] = -1.0
    a = message.linear_acceleration
    a.x, a.y, a.z = (gravity * up).tolist()
    return message


@pytest.mark.parametrize('mount', MOUNTS)
@pytest.mark.parametrize('frame_id', ['camera_imu', 'camera_imu_optical_frame'])
def test_gravity_shows_the_tilt_in_the_axes_of_either_convention(mount, frame_id):
    found = Mount.below(up_of_imu(imu(mount, frame_id)), mount.height)
    assert (found.pitch, found.roll) == pytest.approx((mount.pitch, mount.roll), abs=1e-6)


def test_an_imu_that_knows_its_orientation_is_taken_at_its_word():
    message = Imu()
    message.header.frame_id = 'camera_imu'
    message.orientation.y, message.orientation.w = math.sin(0.1), math.cos(0.1)  # pitch 0.2
    assert Mount.below(up_of_imu(message), 1.0).pitch == pytest.approx(0.2)


def test_a_camera_that_is_shaken_shows_no_tilt():
    assert up_of_imu(imu(MOUNTS[0], 'camera_imu', gravity=12.0)) is None
