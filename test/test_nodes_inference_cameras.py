# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras at one inference node, cameras that change, and nobody who listens."""

import threading
import time

import numpy as np
import psutil
import pytest

pytest.importorskip('rclpy')
from robot_camera import RobotCamera, one_by_one, stamp_of  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import String  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.nodes import camera_info, images  # noqa: E402
from depth_distill_ros.nodes.qos import profile  # noqa: E402

SMALL, LARGE = Intrinsics(90.0, 90.0, 64.0, 48.0, 96, 128), Intrinsics(150, 150, 80, 60, 120, 160)


def picture_for(camera):
    return np.random.default_rng(0).integers(0, 256, (*camera.size, 3), np.uint8)


@pytest.fixture
def model(tmp_path):
    return str(students.release(tmp_path, 2.0).folder)


def test_two_cameras_share_a_node_and_each_is_answered_under_its_own_name(nodes, model):
    node = nodes.start('inference_node', model=model, cameras=['front', 'rear'],
                       **{'rear.transport': 'compressed'})
    front = RobotCamera(nodes, SMALL, 'front/')
    rear = RobotCamera(nodes, LARGE, 'rear/', compressed=True)
    depths = {name: nodes.listen(Image, f'{name}/depth') for name in ('front', 'rear')}
    infos = nodes.listen(CameraInfo, 'rear/camera_info_out')
    for _ in range(3):
        one_by_one(front, depths['front'], 1, picture_for(SMALL))
        one_by_one(rear, depths['rear'], 1, picture_for(LARGE))
    assert [stamp_of(m) for m in depths['front']] == front.stamps
    assert [stamp_of(m) for m in depths['rear']] == rear.stamps
    # 160 columns become 64
    assert camera_info.to_intrinsics(infos[-1]).fx == pytest.approx(150 * 64 / 160)
    values = node.wait_for_values(front__answered=3, rear__answered=3)
    assert float(values['rear.latency_p50_ms']) > 0 and 'front.engine_p50_ms' in values


def test_a_slow_camera_is_not_starved_by_a_fast_one(nodes, model):
    node = nodes.start('inference_node', model=model, cameras=['fast', 'slow'])
    fast, slow = (RobotCamera(nodes, SMALL, f'{name}/') for name in ('fast', 'slow'))
    nodes.listen(Image, 'fast/depth')
    answers = nodes.listen(Image, 'slow/depth')
    one_by_one(slow, answers, 1, picture_for(SMALL))
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            fast.show(picture_for(SMALL))

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        one_by_one(slow, answers, 5, picture_for(SMALL))
    finally:
        stop.set()
        flooding.join()
    wait_until(lambda: int(node.values()['slow.answered']) >= 6, 'the answers on /diagnostics')
    assert int(node.values()['fast.dropped.newer_frame']) > 0


def test_two_cameras_of_one_name_are_refused(nodes, model):
    node = nodes.start('inference_node', wait_for=None, model=model, cameras=['eye', 'eye'])
    assert node.process.wait(40.0) == 1
    assert 'give each camera a name of its own' in node.log and 'Traceback' not in node.log


def test_nothing_is_inferred_while_nobody_listens(nodes, model):
    node = nodes.start('inference_node', model=model)
    camera = RobotCamera(nodes, SMALL)
    for _ in range(3):
        camera.show(picture_for(SMALL))
        time.sleep(0.05)
    values = wait_until(
        lambda: (v := node.values()).get('dropped.nobody_listens', '0') != '0' and v, 'a drop')
    assert values['answered'] == '0' and 'engine_p50_ms' not in values
    one_by_one(camera, nodes.listen(Image, 'depth'), 1, picture_for(SMALL))


def test_a_camera_that_changes_its_size_and_its_lens_is_followed(nodes, model):
    node = nodes.start('inference_node', model=model)
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    infos = nodes.listen(CameraInfo, 'camera_info_out')
    one_by_one(camera, depths, 2, picture_for(SMALL))
    camera._intrinsics = LARGE
    camera.show(picture_for(LARGE))
    one_by_one(camera, depths, 2, picture_for(LARGE))
    camera._intrinsics = Intrinsics(75, 75, 80, 60, 120, 160)
    one_by_one(camera, depths, 1, picture_for(LARGE))
    wait_until(lambda: len(infos) == len(depths), 'camera_info')
    assert camera_info.to_intrinsics(infos[0]).fx == pytest.approx(45)
    assert camera_info.to_intrinsics(infos[-1]).fx == pytest.approx(30)
    assert 'Traceback' not in node.log


def test_a_camera_without_calibration_is_named_and_answered_once_it_has_one(nodes, model):
    def uncalibrated(message):
        message.k = np.zeros(9)

    node = nodes.start('inference_node', model=model)
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 1, picture_for(SMALL))
    camera.show(picture_for(SMALL), change_info=uncalibrated)
    node.wait_for_values(rejected__camera_info=1)
    assert 'its focal length is 0' in node.values()['last_rejection']
    one_by_one(camera, depths, 1, picture_for(SMALL))


def test_thirty_releases_under_load_lose_no_frame_mix_none_and_leave_memory_level(
        nodes, tmp_path):
    first = students.release(tmp_path, 1.0)
    node = nodes.start('inference_node', model=str(first.folder), threads=1)
    depths = nodes.listen(Image, 'depth', profile(5000))
    releases = nodes.talk(String, 'release', profile(1, latched=True))
    camera = RobotCamera(nodes, SMALL)
    one_by_one(camera, depths, 3, picture_for(SMALL))
    process, memory = psutil.Process(node.process.pid), []
    records = [students.release(tmp_path, 1.0 + k) for k in range(1, 5)]
    for swap in range(1, 31):
        record = records[swap % 4]
        releases.publish(students.message(record))
        metres = 1.0 + 1 + swap % 4
        deadline = time.monotonic() + 60
        while images.read_depth(depths[-1])[0, 0] != metres:
            one_by_one(camera, depths, 1, picture_for(SMALL))
            assert time.monotonic() < deadline, node.log[-2000:]
        memory.append(process.memory_info().rss)
    assert [stamp_of(m) for m in depths] == camera.stamps
    for message in depths:
        assert len(np.unique(images.read_depth(message))) == 1
    node.wait_for_values(swaps=30, refused_releases=0, dropped=0, rejected=0)
    # what a loader keeps for the next one is there after a few
    assert max(memory[20:]) < 1.05 * max(memory[10:20])
