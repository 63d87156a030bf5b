# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What real cameras publish: stamps, latched and compressed topics, calibrations."""

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')
from robot_camera import FRAME, RobotCamera, one_by_one  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.support.qos import profile  # noqa: E402
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402

MS = 1_000_000
CAMERA = Intrinsics(90.0, 90.0, 64.0, 48.0, 96, 128)
RGB = np.random.default_rng(0).integers(0, 256, (*CAMERA.size, 3), np.uint8)
LATCHED = profile(1, latched=True)


def depth_message(metres, stamp):
    return images.from_array(
        np.full((20, 30), metres, np.float32), '32FC1', images.time_message(stamp), 'eye')


def compressed_message(pixels, form, stamp, header=b''):
    data = header + cv2.imencode('.png', pixels)[1].tobytes()
    message = CompressedImage(format=form, data=data)
    message.header.stamp = images.time_message(stamp)
    return message


def wait_for_warning(node, *words):
    wait_until(lambda: node.level() == 1 and all(word in node.message() for word in words),
               f'a warning with {words}; last: {node.level()} {node.message()}')


@pytest.fixture
def inference(nodes, tmp_path):
    model = str(students.release(tmp_path / 'run', 2.0).folder)

    def start(**parameters):
        return nodes.start('inference_node', model=model, engine='torch-cpu', **parameters)

    return start


@pytest.fixture
def auxiliary(nodes, tmp_path):
    def start(**parameters):
        return nodes.start('stream_node', 'auxiliary', work_dir=str(tmp_path), height=32, width=32,
                           semantics='none', store='auxiliary', **parameters)

    return start


def test_a_depth_camera_out_of_step_is_compared_frame_by_frame_and_a_drift_is_told(nodes):
    node = nodes.start('evaluator_node')
    depth, reference = (nodes.talk(Image, name) for name in ('depth', 'reference'))
    for number in range(30):
        reference.publish(depth_message(2.0, 33 * MS * number + MS))
        depth.publish(depth_message(2.0 if number % 2 else 2.2, 33 * MS * number))
    values = node.wait_for_values(evaluated=30, unpaired=0, rejected=0, duplicates=0)
    assert float(values['offset_ms']) == pytest.approx(1.0)
    assert float(values['tolerance_ms']) == pytest.approx(16.5)
    assert float(values['rel']) == pytest.approx(0.05, abs=1e-5) and node.level() == 0
    for number in range(30, 70):
        reference.publish(depth_message(2.0, 33 * MS * number + 5000 * MS))
        depth.publish(depth_message(2.0, 33 * MS * number))
    wait_for_warning(node, 'unpaired', 'the nearest reference is', 'synchronise the clocks')


def test_a_tolerance_that_is_given_decides(nodes):
    node = nodes.start('evaluator_node', tolerance=0.004)
    depth, reference = (nodes.talk(Image, name) for name in ('depth', 'reference'))
    for number in range(20):
        reference.publish(depth_message(2.0, 100 * MS * number + (3 if number % 2 else 6) * MS))
        depth.publish(depth_message(2.0, 100 * MS * number))
    values = node.wait_for_values(evaluated=10)
    assert float(values['offset_ms']) == pytest.approx(3.0)
    wait_for_warning(node, 'the nearest reference is 6.0 ms from depth, and the tolerance is 4.0')
    node.set_parameter('tolerance', 0.01)
    for number in range(20, 40):
        reference.publish(depth_message(2.0, 100 * MS * number + 6 * MS))
        depth.publish(depth_message(2.0, 100 * MS * number))
    node.wait_for_values(evaluated=30)


@pytest.mark.parametrize('form, header', [
    ('16UC1; png compressed ', b''), ('16UC1; compressedDepth png', bytes(12))])
def test_a_compressed_reference_is_read_under_any_name(nodes, form, header):
    node = nodes.start('evaluator_node')
    reference = nodes.graph.talk(CompressedImage, nodes.topic('reference'))
    wait_until(reference.get_subscription_count, 'the evaluator to follow the type')
    depth = nodes.talk(Image, 'depth')
    for number in range(5):
        reference.publish(compressed_message(
            np.full((20, 30), 2000, np.uint16), form, 100 * MS * number, header))
        depth.publish(depth_message(2.0, 100 * MS * number))
    assert float(node.wait_for_values(evaluated=5, rejected=0)['rmse']) == pytest.approx(0.0)


def test_a_topic_with_only_a_compressed_one_below_it_is_told_with_its_name(nodes):
    below = nodes.topic('reference/compressedDepth')
    nodes.graph.talk(CompressedImage, below)
    # time to discover that topic: the next warning would come half a minute later
    node = nodes.start('evaluator_node', input_timeout=4.0)
    node.wait_for_log(f'remap it to {below}, which is published')


def test_stamps_that_stay_zero_are_told_by_every_node(nodes, auxiliary):
    stream, evaluator = auxiliary(), nodes.start('evaluator_node')
    camera, info = nodes.talk(Image, 'image'), nodes.talk(CameraInfo, 'camera_info')
    depth, reference = (nodes.talk(Image, name) for name in ('depth', 'reference'))
    for _ in range(40):
        info.publish(camera_info.from_intrinsics(CAMERA, images.time_message(0), FRAME))
        camera.publish(images.from_array(RGB, 'rgb8', images.time_message(0), FRAME))
        depth.publish(depth_message(2.0, 0))
        reference.publish(depth_message(2.0, 0))
    stream.wait_for_values(stored=1, duplicates=39)
    wait_for_warning(stream, 'image repeats the stamp 0.000 s', 'must set header.stamp')
    evaluator.wait_for_values(evaluated=1, duplicates=78)
    wait_for_warning(evaluator, 'repeats the stamp 0.000 s', 'must set header.stamp')


def test_a_camera_info_that_was_published_once_before_the_nodes_serves_all_images(
        nodes, inference, auxiliary, tmp_path):
    info = nodes.graph.talk(CameraInfo, nodes.topic('camera_info'), LATCHED)
    info.publish(camera_info.from_intrinsics(CAMERA, images.time_message(0), FRAME))
    node, stream = inference(), auxiliary()
    depths, infos = nodes.listen(Image, 'depth'), nodes.listen(CameraInfo, 'camera_info_out')
    camera = nodes.talk(Image, 'image')
    stream.wait_for_values(received__camera_info=1)
    for number in range(1, 5):
        camera.publish(images.from_array(
            np.roll(RGB, 9 * number, 1), 'rgb8', images.time_message(number * 10**9), FRAME))
        wait_until(lambda: len(depths) == len(infos) == number, 'the answer')  # noqa: B023
    node.wait_for_values(answered=4, rejected=0, camera_info_offset_ms='-4000')
    values = stream.wait_for_values(stored=4, unpaired=0, rejected=0)
    assert values['received.camera_info'] == '1' and values['camera_info_offset_ms'] == '-4000'
    with StreamReader(tmp_path / 'auxiliary') as reader:
        assert reader.read(3).intrinsics.fx == pytest.approx(90 * 32 / 96)


def test_the_robots_images_and_camera_infos_need_no_equal_stamps(nodes, auxiliary):
    stream = auxiliary()
    camera, info = nodes.talk(Image, 'image'), nodes.talk(CameraInfo, 'camera_info')
    for number in range(20):
        camera.publish(images.from_array(
            np.roll(RGB, 5 * number, 1), 'rgb8', images.time_message(33 * MS * number), FRAME))
        info.publish(camera_info.from_intrinsics(
            CAMERA, images.time_message(33 * MS * number + 2 * MS + 40 * MS * (number > 10)),
            FRAME))
    values = stream.wait_for_values(stored=20, unpaired=0, rejected=0)
    assert abs(float(values['camera_info_offset_ms'])) < 45 and stream.level() == 0


def test_the_robots_images_may_be_compressed_under_any_name(nodes, inference, auxiliary):
    camera = nodes.graph.talk(CompressedImage, nodes.topic('image'))
    info = nodes.graph.talk(CameraInfo, nodes.topic('camera_info'))
    node, stream = inference(), auxiliary()
    depths = nodes.listen(Image, 'depth')
    wait_until(lambda: camera.get_subscription_count() == 2, 'both nodes to follow the type')
    nodes.introduce()
    for number in range(3):
        info.publish(camera_info.from_intrinsics(
            CAMERA, images.time_message(number * 10**9), FRAME))
        camera.publish(compressed_message(
            np.roll(RGB, 9 * number, 1)[..., ::-1], 'rgb8; png compressed bgr8', number * 10**9))
        wait_until(lambda: len(depths) > number, 'the answer')  # noqa: B023
    node.wait_for_values(answered=3, rejected=0)
    stream.wait_for_values(stored=3, rejected=0)


def test_a_node_that_rejects_all_frames_is_not_ok_and_is_again_with_good_ones(
        nodes, inference, auxiliary):
    node, stream = inference(), auxiliary()
    camera, depths = RobotCamera(nodes, CAMERA), nodes.listen(Image, 'depth')

    def identity(message):
        message.k = np.eye(3).ravel()

    def binned(message):
        message.binning_x = message.binning_y = 2

    for change, *words in ((identity, 'camera_info', 'K is a field of view', 'to upstream'),
                           (binned, 'its binning of 2x2 does not hold')):
        for each in (node, stream):
            def warned(each=each, change=change, words=words):
                camera.show(RGB, change_info=change)
                return each.level() == 1 and all(
                    word in each.message() for word in ('frames lost', *words))

            wait_until(warned, f'a warning of {each.full_name} with {words}')
    one_by_one(camera, depths, 60, RGB)
    wait_until(lambda: node.level() == 0, 'OK')


def test_depth_without_a_valid_pixel_is_not_ok(nodes, tmp_path):
    model = str(students.release(tmp_path / 'unsure', 2.0, confidence=0.5).folder)
    node = nodes.start('inference_node', model=model, engine='torch-cpu', min_confidence=0.9)
    one_by_one(RobotCamera(nodes, CAMERA), nodes.listen(Image, 'depth'), 3, RGB)
    wait_for_warning(node, 'no pixel has the confidence 0.9: lower min_confidence')


def test_an_input_that_falls_silent_is_on_diagnostics(nodes, inference):
    node = inference(input_timeout=1.0)
    wait_for_warning(node, 'nothing received for', 'it has no publisher')


def test_a_camera_name_that_can_begin_no_topic_ends_the_node_in_one_line(nodes, inference):
    node = inference(wait_for=None, cameras=['front-left'])
    assert node.exit_code() != 0
    assert 'parameter cameras: "front-left" cannot begin the name of a topic' in node.log
    assert 'call it front_left' in node.log and 'Traceback' not in node.log


@pytest.mark.parametrize('name, namespace', [('1cam', '/ok'), ('ok', '/front-left')])
def test_a_node_or_a_namespace_whose_name_ros_refuses_ends_in_one_line(nodes, name, namespace):
    nodes.namespace = namespace
    node = nodes.start('evaluator_node', name, wait_for=None)
    assert node.exit_code() != 0
    assert "arguments of ROS: Couldn't parse remap rule" in node.log
    assert 'no part begins with a digit' in node.log and 'Traceback' not in node.log
