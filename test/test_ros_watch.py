# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The watch over DDS: a planted bad release is seen by the distiller and rolled back."""

import threading

import numpy as np
import pytest

pytest.importorskip('rclpy')
from robot_camera import RobotCamera  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Float32  # noqa: E402
import students  # noqa: E402
from test_ros_distiller import fill_store  # noqa: E402

from depth_distill_ros.distillation.operation import watch  # noqa: E402
from depth_distill_ros.distillation.operation.release_control import ReleaseControl  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.networks.model_folder import ModelCard, save_model  # noqa: E402

SIZE = (64, 64)


@pytest.fixture
def driving():
    """Give a function that shows a camera's images until the test ends."""
    stop = threading.Event()
    threads = []

    def drive(camera):
        image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)

        def show():
            while not stop.wait(0.1):
                camera.show(image)

        threads.append(threading.Thread(target=show))
        threads[0].start()

    yield drive
    stop.set()
    for thread in threads:
        thread.join()


def test_a_planted_bad_release_is_warned_of_and_rolled_back(nodes, tmp_path, driving):
    save_model(tmp_path / 'teacher', students.constant_student(2.0),
               ModelCard('lden', 'mobilenetv2', SIZE))
    fill_store(tmp_path, 80, SIZE)
    students.release(tmp_path, 2.1, size=SIZE, run='run')
    inference = nodes.start('inference_node', work_dir=str(tmp_path), engine='torch-cpu')
    distiller = nodes.start(
        'distiller_node', work_dir=str(tmp_path), teacher=str(tmp_path / 'teacher'),
        method='kd-ood', batch=2, min_frames=64, threads=1, release_period=1e5,
        watch_period=0.1, latency_budget=10_000.0,
        before=f'import {watch.__name__} as watch; watch._COST = 0.0')
    nodes.listen(Image, 'depth')
    latencies = nodes.listen(Float32, 'latency')
    agreements = nodes.listen(Float32, 'agreement')
    driving(RobotCamera(nodes, Intrinsics(60.0, 60.0, 31.5, 31.5, *SIZE)))
    wait_until(lambda: agreements and agreements[-1].data == 1.0, 'an agreement')
    assert distiller.values()['watch_release'] == '1'
    wait_until(lambda: latencies and latencies[-1].data > 0, 'the latency, for the distiller')
    assert distiller.values()['training_share'] == '1'  # its budget is not used up
    students.release(tmp_path, 9.0, size=SIZE, run='run')
    ReleaseControl(tmp_path / 'releases').promote(2, 'planted')
    inference.wait_for_values(release=2)
    inference.wait_for_values(release=1)
    found = wait_until(lambda: distiller.values().get('rolled_back'), 'that it says so')
    assert 'release 2 is worse in operation than the release before it' in found
    assert 'release 1 is chosen: rolled back from release 2' in inference.log
    distiller.wait_for_log('in operation delta1 has fallen from 1.00')
    assert 'Traceback' not in distiller.log + inference.log
