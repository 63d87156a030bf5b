# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream node as a process on a real graph."""

import signal

import numpy as np
import pytest

pytest.importorskip('rclpy')
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.geometry.view import View  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.support.qos import profile  # noqa: E402
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402

SIZE = (48, 64)
STORED = (32, 32)


def bands(number, size):
    """Return an image of eight bands; a band is white where its bit of the number is set."""
    bits = number >> np.arange(8) & 1
    column = np.repeat(255 * bits, size[0] // 8).astype(np.uint8)
    return np.tile(column[:, None, None], (1, size[1], 3))


def number_of(image):
    """Return the number that an image of bands shows; it must show one."""
    number = int((image[::len(image) // 8, 0, 0] // 255) @ (1 << np.arange(8)))
    np.testing.assert_array_equal(image, bands(number, image.shape[:2]))
    return number


class Simulator:
    """Publishes frames whose content follows from their number."""

    def __init__(self, nodes, qos=None, topics=('image', 'semantics', 'camera_info')):
        self._topics = {
            name: nodes.talk(CameraInfo if name == 'camera_info' else Image, name, qos)
            for name in topics}

    def send(self, number, change=lambda messages: None, seconds=0.0):
        """Send one frame; ``change`` may spoil or remove its messages."""
        stamp = images.time_message(int(seconds * 1e9) + number * 10_000_000)
        messages = {
            'image': images.from_array(bands(number, SIZE), 'rgb8', stamp, 'eye'),
            'semantics': images.from_array(
                np.full(SIZE, number % 14, np.uint8), 'mono8', stamp, 'eye'),
            'camera_info': camera_info.from_intrinsics(
                Intrinsics(50.0, 50.0, 31.5, 23.5, *SIZE), stamp, 'eye')}
        change(messages)
        for name in self._topics.keys() & messages.keys():
            self._topics[name].publish(messages[name])


def start(nodes, work_dir, **parameters):
    return nodes.start('stream_node', work_dir=str(work_dir), height=STORED[0], width=STORED[1],
                       capacity=1000, **parameters)


def test_pairs_arrive_in_the_store_cropped_resized_and_complete(nodes, tmp_path):
    node = start(nodes, tmp_path)
    simulator = Simulator(nodes)
    with StreamReader(tmp_path / 'store') as reader:
        for number in range(100):
            simulator.send(number)
            wait_until(lambda: number - len(reader) < 10, 'frames stored')  # noqa: B023
    values = node.wait_for_values(stored=100, paired=100, unpaired=0, rejected=0)
    assert values['received.image'] == values['received.camera_info'] == '100'
    assert node.interrupt() == 0
    with StreamReader(tmp_path / 'store') as reader:
        assert len(reader) == 100
        frame = reader.read(57)
        assert number_of(frame.image) == 57 and np.all(frame.semantics == 57 % 14)
        # 48x64 is cropped to 48x48 and scaled by 2/3.
        assert frame.intrinsics.size == STORED
        assert frame.intrinsics.fx == pytest.approx(50.0 * 2 / 3)
        assert frame.intrinsics.cx == pytest.approx(15.5)


def test_the_robots_own_frames_come_once_and_without_classes_to_a_store_of_their_own(
        nodes, tmp_path):
    node = start(nodes, tmp_path, store='auxiliary', semantics='none')
    assert "the newest of the robot's camera that differ; robot_frames: off" in node.log
    robot = Simulator(nodes, topics=('image', 'camera_info'))
    for number in range(5):
        robot.send(number)
    node.wait_for_values(stored=5, unpaired=0)
    for number in range(5):
        robot.send(number, seconds=10.0)  # the robot comes back
    node.wait_for_values(stored=5, repeated=5)
    node.set_parameter('min_difference', 64.0)
    robot.send(5, seconds=20.0)  # by less than that another image
    node.wait_for_values(stored=5, repeated=6)
    with StreamReader(tmp_path / 'auxiliary') as reader:
        frame = reader.read(2)
    assert not frame.semantics.any() and number_of(frame.image) == 2
    assert not (tmp_path / 'store').exists()


def _distorted(messages):
    info = messages['camera_info']
    info.d = [-0.3, 0.05, 0.0, 0.0, 0.0]
    info.p = np.array([60.0, 0, 30, 0, 0, 60, 25, 0, 0, 0, 1, 0])


@pytest.mark.parametrize('rectify', ['node', 'upstream'])
def test_the_robots_frames_are_stored_rectified_as_inference_will_see_them(
        nodes, tmp_path, rectify):
    node = start(nodes, tmp_path, store='auxiliary', semantics='none', rectify=rectify)
    robot, sent = Simulator(nodes, topics=('image', 'camera_info')), {}

    def change(messages):
        _distorted(messages)
        sent.update(messages)

    robot.send(0b10101010, change)
    node.wait_for_values(stored=1)
    with StreamReader(tmp_path / 'auxiliary') as reader:
        frame = reader.read(0)
    # the camera is P, of which 48x64 is cropped to 48x48 and scaled by 2/3
    assert frame.intrinsics.fx == pytest.approx(60.0 * 2 / 3)
    image = images.read_rgb(sent['image'])
    if rectify == 'node':
        image = camera_info.to_rectifier(sent['camera_info']).image(image)
        assert not np.array_equal(image, bands(0b10101010, SIZE))
    np.testing.assert_array_equal(frame.image, View.fit(SIZE, STORED).image(image))


def test_a_rate_that_is_too_high_is_thinned_and_counted(nodes, tmp_path):
    node = start(nodes, tmp_path, max_rate=20.0)
    simulator = Simulator(nodes)
    for number in range(20):  # one every 10 ms by their stamps
        simulator.send(number)
    node.wait_for_values(paired=20, stored=4, thinned=16, rejected=0)


def test_bad_input_is_rejected_by_reason_and_the_next_good_frame_is_stored(nodes, tmp_path):
    node = start(nodes, tmp_path)
    simulator = Simulator(nodes)

    def unknown_encoding(messages):
        messages['image'].encoding = 'yuv9'

    def truncated(messages):
        messages['image'].data = messages['image'].data[:100]

    def coloured_semantics(messages):
        messages['semantics'] = images.from_array(
            np.arange(np.prod((*SIZE, 3)), dtype=np.uint8).reshape(*SIZE, 3), 'rgb8',
            messages['semantics'].header.stamp, 'eye')

    def semantics_of_another_size(messages):
        messages['semantics'] = images.from_array(
            np.zeros((24, 32), np.uint8), 'mono8', messages['semantics'].header.stamp, 'eye')

    def instances(messages):
        messages['semantics'] = images.from_array(
            np.arange(np.prod(SIZE), dtype=np.uint16).reshape(SIZE), 'mono16',
            messages['semantics'].header.stamp, 'eye')

    def uncalibrated(messages):
        messages['camera_info'].k = np.zeros(9)

    def no_semantics(messages):
        del messages['semantics']

    for number, (spoil, culprit) in enumerate((
            (unknown_encoding, 'yuv9'), (truncated, 'got 100'), (coloured_semantics, 'rgb8'),
            (instances, 'instance image'), (semantics_of_another_size, '24x32'),
            (uncalibrated, 'not calibrated'))):
        simulator.send(number, spoil)
        node.wait_for_values(rejected=number + 1)
        assert culprit in node.values()['last_rejection']
        assert node.level() == 1
    simulator.send(6, no_semantics)
    simulator.send(7)
    values = node.wait_for_values(stored=1, unpaired=2)
    assert {k: v for k, v in values.items() if k.startswith('rejected')} == {
        'rejected': '6', 'rejected.image': '2', 'rejected.semantics': '2', 'rejected.size': '1',
        'rejected.intrinsics': '1'}
    assert 'Traceback' not in node.log


def test_killed_in_the_middle_its_store_opens_undamaged_and_a_new_one_continues_it(
        nodes, tmp_path):
    node = start(nodes, tmp_path)
    simulator = Simulator(nodes)
    for number in range(60):
        simulator.send(number)
        if number == 40:
            wait_until((tmp_path / 'store' / 'data.mdb').exists, 'a store')
            node.interrupt(signal.SIGKILL)
    with StreamReader(tmp_path / 'store') as reader:
        kept = len(reader)
        for key in reader.keys():
            frame = reader.read(key)
            assert np.all(frame.semantics == number_of(frame.image) % 14)
    nodes.leave_the_dead()
    again = start(nodes, tmp_path)
    simulator = Simulator(nodes)
    for number in range(100, 110):
        simulator.send(number)
    again.wait_for_values(stored=10, store_frames=kept + 10)


def test_a_simulator_reset_is_survived(nodes, tmp_path):
    node = start(nodes, tmp_path)
    simulator = Simulator(nodes)
    for number in range(10):
        simulator.send(number, seconds=500.0)
    node.wait_for_values(stored=10)
    for number in range(10, 20):
        simulator.send(number)
    node.wait_for_values(stored=20, resets=1, unpaired=0)


def test_two_writers_of_one_store_are_refused_and_the_second_ends(nodes, tmp_path):
    start(nodes, tmp_path)
    second = nodes.start('stream_node', 'second', wait_for=None, work_dir=str(tmp_path),
                         height=STORED[0], width=STORED[1])
    assert second.exit_code() == PERMANENT
    assert 'is writing it' in second.log and 'Traceback' not in second.log


def test_best_effort_publishers_are_followed_where_the_reliability_is_auto(nodes, tmp_path):
    node = start(nodes, tmp_path)
    Simulator(nodes, profile(50, reliable=False)).send(1)
    node.wait_for_values(stored=1)


def test_publishers_that_cannot_match_are_named_with_the_topic_and_their_qos(nodes, tmp_path):
    node = start(nodes, tmp_path, reliability='reliable', input_timeout=1.0)
    topic = nodes.topic('image')
    node.wait_for_log(f'{topic}: nothing received for')
    assert 'it has no publisher' in node.log
    publisher = nodes.graph.talk(Image, topic, profile(5, reliable=False))
    # a publisher may be known a moment before the name of its node is
    warning = (f'{topic}: incompatible QoS, nothing is received from /tester (best_effort, '
               'volatile)')
    node.wait_for_log(warning)
    line = next(x for x in node.log.splitlines() if warning in x)
    assert 'this node asks for reliable, volatile' in line
    nodes.graph.do(lambda: nodes.graph.node.destroy_publisher(publisher))
