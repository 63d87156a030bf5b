# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A fault costs what it hits, and its error goes with it."""

from itertools import cycle
import resource

import numpy as np
import pytest

pytest.importorskip('rclpy')
from robot_camera import RobotCamera, one_by_one  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image, LaserScan  # noqa: E402
import students  # noqa: E402
from test_ros_stream import Simulator  # noqa: E402
from test_ros_stream import start as start_stream  # noqa: E402

from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402

LENS = Intrinsics(60.0, 60.0, 31.5, 31.5, 64, 64)


def test_a_camera_info_far_outside_of_what_cameras_have_costs_its_frame_alone(nodes, tmp_path):
    students.release(tmp_path, 2.0, size=(64, 64))
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine='torch-cpu')
    depths, scans = nodes.listen(Image, 'depth'), nodes.listen(LaserScan, 'scan')
    camera, image = RobotCamera(nodes, LENS), np.zeros((64, 64, 3), np.uint8)

    def move(message):
        message.k[2] = message.p[2] = 1e300

    camera.show(image, change_info=move)
    node.wait_for_values(rejected__camera_info=1, state='active')
    one_by_one(camera, depths, 1, image)
    wait_until(lambda: scans, 'a scan')
    node.wait_for_values(answered=1, rejected=1)


def test_the_error_of_a_full_disk_goes_with_the_first_frame_that_is_stored_again(
        nodes, tmp_path):
    node = start_stream(nodes, tmp_path)
    simulator = Simulator(nodes)
    simulator.send(1)
    node.wait_for_values(stored=1)
    # the kernel lets the store grow no more, as on a full disk
    size = (tmp_path / 'store' / 'data.mdb').stat().st_size
    limits = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, -1))
    numbers = cycle(range(2, 200))
    wait_until(lambda: simulator.send(next(numbers)) or node.level() == 2, 'an error')
    assert 'make room' in node.message()
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, limits)
    stored = int(node.values()['stored'])
    simulator.send(255)
    wait_until(lambda: node.level() != 2, 'that the error goes')
    assert int(node.values()['stored']) > stored and 'Traceback' not in node.log
