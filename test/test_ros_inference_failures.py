# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Engines that fail: on a frame, which is lost alone, or on each one, which ends the node."""

from pathlib import Path
import threading
import time

import numpy as np
import pytest

pytest.importorskip('rclpy')
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from robot_camera import RobotCamera  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.distillation.operation.release_state import ReleaseId  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.inference.engines.engine import DepthEngine  # noqa: E402
from depth_distill_ros.ros.nodes.inference import InferenceNode  # noqa: E402
from depth_distill_ros.ros.releases.student import Student  # noqa: E402

SMALL = Intrinsics(90.0, 90.0, 64.0, 48.0, 96, 128)


def image_for(camera):
    return np.random.default_rng(0).integers(0, 256, (*camera.size, 3), np.uint8)


@pytest.fixture
def model(tmp_path):
    return str(students.release(tmp_path, 2.0).folder)


A_DEAD_GPU = """
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
usual, calls = TorchEngine._infer, []
def infer(self, image, view):
    calls.append(0)
    if len(calls) > 20:
        raise RuntimeError('CUDA error: unspecified launch failure')
    return usual(self, image, view)
TorchEngine._infer = infer
"""


def test_a_node_whose_engine_fails_on_each_image_ends_to_be_started_anew(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu', before=A_DEAD_GPU)
    camera = RobotCamera(nodes, SMALL)
    nodes.listen(Image, 'depth')
    wait_until(lambda: (camera.show(image_for(SMALL)), 'images in a row' in node.log)[-1],
               'that it gives up')
    assert node.exit_code() == 1
    assert '50 images in a row: torch-cpu failed on an image: CUDA error' in node.log


class Flaky(DepthEngine):
    """Fails on every second image."""

    def __init__(self, folder):
        super().__init__('flaky', folder)
        self.output_size, self._calls = students.DEPTH_SIZE, 0

    def _infer(self, image, view):
        self._calls += 1
        if self._calls % 2:
            raise RuntimeError('out of memory\nmore')
        return np.full((1, 1, *self.output_size), 3.0, np.float32),


def test_an_engine_that_fails_on_a_frame_costs_that_frame_alone(nodes, model):
    node = InferenceNode()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinning = threading.Thread(target=executor.spin)
    spinning.start()
    try:
        node.trigger_configure()
        node._loader.student = Student(Flaky(Path(model)), ReleaseId(0))
        node.trigger_activate()
        nodes.namespace = ''
        camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
        for _ in range(4):
            shown = len(depths)
            wait_until(lambda: (camera.show(image_for(SMALL)), time.sleep(0.2),
                                len(depths) > shown)[-1], 'an answer')  # noqa: B023
        # a frame is counted after its depth went out, and the last one may be on its way yet
        counts = wait_until(
            lambda: (found := node._cameras[0].counts.values())['in_flight'] == 0
            and found['answered'] == len(depths) and found, 'the account of all frames')
        assert counts['rejected.engine'] >= 4
        assert node._cameras[0].last_rejection == 'flaky failed on an image: out of memory'
        assert node.state == 'active'
    finally:
        executor.shutdown()
        spinning.join()
        node.end()
