# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras at one inference node, cameras that change, outputs without subscribers."""

import shutil
import threading
import time

import numpy as np
import psutil
import pytest

pytest.importorskip('rclpy')
from builtin_interfaces.msg import Time  # noqa: E402
import engine_parts  # noqa: E402
from robot_camera import RobotCamera, one_by_one, stamp_of  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import String  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.support.qos import profile  # noqa: E402

SMALL, LARGE = Intrinsics(90.0, 90.0, 64.0, 48.0, 96, 128), Intrinsics(150, 150, 80, 60, 120, 160)


def image_for(camera):
    return np.random.default_rng(0).integers(0, 256, (*camera.size, 3), np.uint8)


@pytest.fixture
def model(tmp_path):
    return str(students.release(tmp_path, 2.0).folder)


def test_two_cameras_share_a_node_and_each_is_answered_under_its_own_name(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu', output='network',
                       cameras=['front', 'rear'], **{'rear.transport': 'compressed'})
    front = RobotCamera(nodes, SMALL, 'front/')
    rear = RobotCamera(nodes, LARGE, 'rear/', compressed=True)
    depths = {name: nodes.listen(Image, f'{name}/depth') for name in ('front', 'rear')}
    infos = nodes.listen(CameraInfo, 'rear/camera_info_out')
    for _ in range(3):
        one_by_one(front, depths['front'], 1, image_for(SMALL))
        one_by_one(rear, depths['rear'], 1, image_for(LARGE))
    assert [stamp_of(m) for m in depths['front']] == front.stamps
    assert [stamp_of(m) for m in depths['rear']] == rear.stamps
    wait_until(lambda: infos, 'camera_info')
    # 160 columns become 64
    assert camera_info.to_intrinsics(infos[-1]).fx == pytest.approx(150 * 64 / 160)
    values = node.wait_for_values(front__answered=3, rear__answered=3)
    assert float(values['rear.latency_p50_ms']) > 0 and 'front.engine_p50_ms' in values


def test_a_slow_camera_is_not_starved_by_a_fast_one(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu', cameras=['fast', 'slow'],
                       reliability='reliable')
    # not best effort: a slow camera's frame could get lost on the way, among those of the fast one
    fast, slow = (RobotCamera(nodes, SMALL, f'{name}/', qos=profile(10))
                  for name in ('fast', 'slow'))
    nodes.listen(Image, 'fast/depth')
    answers = nodes.listen(Image, 'slow/depth')
    one_by_one(slow, answers, 1, image_for(SMALL))
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            fast.show(image_for(SMALL))

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        one_by_one(slow, answers, 5, image_for(SMALL))
    finally:
        stop.set()
        flooding.join()
    wait_until(lambda: int(node.values().get('slow.answered', 0)) >= 6,
               'the answers on /diagnostics')
    assert int(node.values()['fast.dropped.newer_frame']) > 0


def test_two_cameras_of_one_name_are_refused(nodes, model):
    node = nodes.start('inference_node', wait_for=None, model=model, cameras=['eye', 'eye'])
    assert node.exit_code() == PERMANENT
    assert 'give each camera its own name' in node.log and 'Traceback' not in node.log


def test_nothing_is_inferred_without_a_subscriber(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu')
    camera = RobotCamera(nodes, SMALL)
    for _ in range(3):
        camera.show(image_for(SMALL))
        time.sleep(0.05)
    values = wait_until(
        lambda: (v := node.values()).get('dropped.no_subscriber', '0') != '0' and v, 'a drop')
    assert values['answered'] == '0' and 'engine_p50_ms' not in values
    one_by_one(camera, nodes.listen(Image, 'depth'), 1, image_for(SMALL))


def test_a_camera_that_changes_its_size_and_its_lens_is_followed(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu', output='network')
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    infos = nodes.listen(CameraInfo, 'camera_info_out')
    one_by_one(camera, depths, 2, image_for(SMALL))
    camera._intrinsics = LARGE
    camera.show(image_for(LARGE))
    one_by_one(camera, depths, 2, image_for(LARGE))
    camera._intrinsics = Intrinsics(75, 75, 80, 60, 120, 160)
    # the camera_info of the first may come after it
    one_by_one(camera, depths, 2, image_for(LARGE))
    wait_until(lambda: len(infos) == len(depths), 'camera_info')
    assert camera_info.to_intrinsics(infos[0]).fx == pytest.approx(45)
    assert camera_info.to_intrinsics(infos[-1]).fx == pytest.approx(30)
    assert 'Traceback' not in node.log


def test_a_camera_without_calibration_is_named_and_answered_once_it_has_one(nodes, model):
    def uncalibrated(message):
        message.k = np.zeros(9)

    node = nodes.start('inference_node', model=model, engine='torch-cpu')
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 1, image_for(SMALL))
    camera.show(image_for(SMALL), change_info=uncalibrated)
    node.wait_for_values(rejected__camera_info=1)
    assert 'its focal length is 0' in node.values()['last_rejection']
    one_by_one(camera, depths, 1, image_for(SMALL))


@pytest.mark.parametrize('engine, count', [
    (engine_parts.prepared, 6), (lambda: 'torch-cpu', 12)], ids=['prepared', 'torch'])
def test_a_camera_misses_no_frame_while_releases_come_and_memory_stays_level(
        nodes, tmp_path, engine, count):
    def release(metres):
        return students.release(tmp_path, metres, size=(64, 64))

    running = release(1.0)
    node = nodes.start('inference_node', model=str(running.folder), threads=1, engine=engine(),
                       reliability='reliable', release_folders=[str(tmp_path)], output='network')
    depths = nodes.listen(Image, 'depth', profile(5000))
    releases = nodes.talk(String, 'release', profile(1, latched=True))
    # not best effort: what the transport loses is not what is tested here
    camera = RobotCamera(nodes, SMALL, qos=profile(10))
    one_by_one(camera, depths, 3, image_for(SMALL))
    node.wait_for_values(preparing='')
    process, memory, stop = psutil.Process(node.process.pid), [], threading.Event()
    filming = threading.Thread(target=film, args=(camera, depths, stop))
    filming.start()
    try:
        for number in range(2, count + 2):
            record = release(float(number))
            memory.append(process.memory_info().rss)
            releases.publish(students.message(record))
            wait_until(lambda: images.read_depth(depths[-1])[0, 0] == number,  # noqa: B023
                       f'release {number}')
            shutil.rmtree(running.folder)  # a gigabyte of them else
            running = record
    finally:
        stop.set()
        filming.join()
    # Each frame came after the answer to the one before it, so none had to be dropped.
    node.wait_for_values(swaps=count, refused_releases=0, dropped=0, rejected=0,
                         answered=len(camera.stamps))
    wait_until(lambda: len(depths) == len(camera.stamps), 'the answers to all frames')
    assert [stamp_of(m) for m in depths] == camera.stamps
    found = [np.unique(images.read_depth(m)) for m in depths]
    assert all(len(metres) == 1 for metres in found)
    order = np.concatenate(found)
    assert (np.diff(order) >= 0).all() and np.unique(order).tolist() == [*range(1, count + 2)]
    # What a loader keeps for the next one is there after a few; an engine is 20 MB and more, so
    # that those of half of the releases would be 60. The one before is freed a moment after it has
    # answered last.
    wait_until(lambda: process.memory_info().rss - memory[count // 2] < 30 * 2**20,
               f'memory of {memory}')


def film(camera, depths, stop):
    """Show images, each after the answer to the one before it."""
    while not stop.wait(0.05):
        camera.show(image_for(SMALL))
        wait_until(lambda: len(depths) == len(camera.stamps), 'an answer')


def test_a_camera_is_answered_no_faster_than_it_is_asked_for(nodes, model):
    node = nodes.start('inference_node', model=model, engine='torch-cpu', max_rate=0.1)
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 1, image_for(SMALL))
    for _ in range(5):
        camera.show(image_for(SMALL))
    values = node.wait_for_values(received=6, in_flight=0)
    assert int(values['answered']) + int(values['dropped.max_rate']) == 6
    assert int(values['dropped.max_rate']) >= 3
    node.set_parameter('max_rate', 0.0)
    one_by_one(camera, depths, 3, image_for(SMALL))


def test_a_frame_goes_with_the_camera_info_of_its_own_stamp(nodes, model):
    nodes.start('inference_node', model=model, engine='torch-cpu', output='network')
    camera, depths = RobotCamera(nodes, SMALL), nodes.listen(Image, 'depth')
    infos = nodes.listen(CameraInfo, 'camera_info_out')
    one_by_one(camera, depths, 1, image_for(SMALL))

    def later_one(message):
        # of the next frame and another lens, and here before this frame
        other = camera_info.from_intrinsics(Intrinsics(45, 45, 64, 48, 96, 128), Time(sec=8), '')
        camera._info.publish(message)
        camera._info.publish(other)

    one_by_one(camera, depths, 1, image_for(SMALL), change_info=later_one)
    wait_until(lambda: len(infos) == len(depths), 'camera_info')
    assert camera_info.to_intrinsics(infos[-1]).fx == pytest.approx(45)


def test_each_camera_s_focal_scale_is_on_diagnostics(nodes, tmp_path):
    learned = Intrinsics(60.0, 60.0, 64.0, 48.0, *students.SIZE)
    record = students.release(tmp_path, 2.0, intrinsics=learned)
    node = nodes.start('inference_node', model=str(record.folder), engine='torch-cpu',
                       cameras=['near', 'far'])
    for name, camera in (('near', SMALL), ('far', LARGE)):
        one_by_one(RobotCamera(nodes, camera, f'{name}/'), nodes.listen(Image, f'{name}/depth'),
                   1, image_for(camera))
    node.wait_for_values(near__focal_scale=1.5, far__focal_scale=2)


def test_each_camera_warns_of_its_own_distortion_and_rejected_frames(nodes, tmp_path):
    model = str(students.release(tmp_path, 2.0).folder)
    node = nodes.start('inference_node', model=model, engine='torch-cpu', cameras=['near', 'far'])

    def distort(info):
        info.d = [0.1, 0.0, 0.0, 0.0, 0.0]

    def cut(message):
        message.data = message.data[:10]

    for name in ('near', 'far'):
        camera = RobotCamera(nodes, SMALL, f'{name}/')
        one_by_one(camera, nodes.listen(Image, f'{name}/depth'), 1, image_for(SMALL),
                   change_info=distort)
        camera.show(image_for(SMALL), change=cut)
    node.wait_for_values(near__rejected=1, far__rejected=1, near__distorted=True,
                         far__distorted=True)
    for name in ('near', 'far'):
        node.wait_for_log(f'inference.{name}]: {name}/camera_info has a distortion')
        node.wait_for_log(f'inference.{name}]: frame rejected')
