# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a camera for Nav2 agree with the mount that the node computes with."""

import math

import numpy as np
import pytest

pytest.importorskip('rclpy')
from geometry_msgs.msg import Quaternion  # noqa: E402

from depth_distill_ros.geometry.scan import Mount  # noqa: E402
from depth_distill_ros.ros import bringup  # noqa: E402
from depth_distill_ros.ros.camera_frames import optical_quaternion, transforms  # noqa: E402
from depth_distill_ros.ros.cameras.camera_mount import rotation_matrix  # noqa: E402
from depth_distill_ros.settings.launch import Nav2Launch  # noqa: E402


@pytest.mark.parametrize('mount', [Mount(0.5), Mount(0.3, 0.2), Mount(0.4, -0.1, 0.3)])
def test_the_optical_frame_is_that_of_the_mount(mount):
    x, y, z, w = optical_quaternion(mount.pitch, mount.roll)
    np.testing.assert_allclose(rotation_matrix(Quaternion(x=x, y=y, z=z, w=w)),
                               mount.to_level(), atol=1e-9)


def test_the_launch_arguments_are_the_node_s_mount_and_its_transforms():
    arguments = Nav2Launch(camera_height=0.31, camera_pitch=12.0, camera_x=0.05,
                           base_frame='base', camera_frame='eye')
    inference, = bringup.navigation_graph(arguments)
    assert inference.value('camera_height') == 0.31 and inference.value('camera_pitch') == 12.0
    assert inference.value('floor_tolerance') == 0.05  # of config/nav2_inference.yaml
    level, optical = transforms(arguments, inference)
    assert level[level.index('--z') + 1] == '0.310000000'
    assert level[level.index('--x') + 1] == '0.050000000'
    assert level[-3:] == ['base', '--child-frame-id', 'camera_level']
    assert optical[-3:] == ['camera_level', '--child-frame-id', 'eye']
    quaternion = [float(optical[optical.index(f'--q{axis}') + 1]) for axis in 'xyzw']
    assert quaternion == pytest.approx(optical_quaternion(math.radians(12.0), 0.0))


def test_without_arguments_the_mount_is_that_of_the_files():
    inference, = bringup.navigation_graph(Nav2Launch())
    assert 'camera_height' not in inference.parameters
