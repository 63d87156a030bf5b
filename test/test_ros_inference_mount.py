# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the mount of the camera is not known, what needs it is missing, and depth is not."""

import numpy as np
import pytest

pytest.importorskip('rclpy')
from builtin_interfaces.msg import Time  # noqa: E402
from robot_camera import RobotCamera, one_by_one  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import Image, PointCloud2  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402

CAMERA = Intrinsics(150.0, 151.0, 98.0, 61.0, 120, 200)
# tf2_ros comes with a ROS installation alone
TF_THAT_KNOWS_NOTHING = """
import sys, types
class Buffer:
    def lookup_transform(self, *names):
        raise LookupError('no frame is known')
    def clear(self):
        print('TF is empty', flush=True)
sys.modules['tf2_ros'] = types.SimpleNamespace(Buffer=Buffer, TransformListener=lambda *_: None)
"""


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)


def start(nodes, tmp_path, **parameters):
    model = str(students.release(tmp_path, 2.5).folder)
    node = nodes.start('inference_node', model=model, engine='torch-cpu', mount='tf',
                       before=TF_THAT_KNOWS_NOTHING, **parameters)
    return node, RobotCamera(nodes, CAMERA)


def test_without_a_transform_depth_goes_on_and_the_missing_points_are_named(
        nodes, tmp_path, image):
    node, camera = start(nodes, tmp_path)
    clouds, depths = nodes.listen(PointCloud2, 'points'), nodes.listen(Image, 'depth')

    def warned():
        one_by_one(camera, depths, 1, image)
        return 'no points and no scan: mount is tf, and TF has no transform' in node.message()

    wait_until(warned, 'a warning')
    assert not clouds and node.level() == 1
    assert node.values()['rejected'] == '0' and int(node.values()['answered']) > 0


def test_transforms_are_forgotten_when_the_simulated_time_goes_back(nodes, tmp_path):
    node, _ = start(nodes, tmp_path, use_sim_time=True)
    clock = nodes.graph.talk(Clock, '/clock')

    def tell(seconds):
        clock.publish(Clock(clock=Time(sec=seconds)))
        return node.log

    wait_until(lambda: (tell(100), clock.get_subscription_count())[-1], 'the node to follow')
    wait_until(lambda: [tell(second) for second in (100, 50)][-1].count('TF is empty') > 1,
               'the end of what TF knew')


def test_depth_that_shall_be_cleaned_is_not_published_without_the_transform(
        nodes, tmp_path, image):
    node, camera = start(nodes, tmp_path, clean_depth=True)
    depths = nodes.listen(Image, 'depth')
    wait_until(lambda: (camera.show(image), 'rejected.mount' in node.values())[-1],
               'a rejection that names the mount')
    assert not depths and 'mount is tf' in node.values()['last_rejection']
