# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The robot camera node: a data set as the robot's camera, as a process on a real graph."""

import re

import numpy as np
import pytest

pytest.importorskip('rclpy')
import cv2  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402

from depth_distill_ros.datasets import open_reader  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.shipped import shipped_robot_rooms  # noqa: E402


def whole_frames(nodes, count):
    """Return (image, depth, camera_info) messages of the first stamps that all three have."""
    topics = [nodes.listen(kind, name) for name, kind in (
        ('image', Image), ('depth', Image), ('camera_info', CameraInfo))]

    def together():
        by_stamp = [{images.stamp_ns(m): m for m in list(messages)} for messages in topics]
        stamps = sorted(set.intersection(*map(set, by_stamp)))
        return [[messages[s] for messages in by_stamp] for s in stamps]

    return wait_until(lambda: len(found := together()) >= count and found, f'{count} frames')


@pytest.fixture
def folder(tmp_path):
    for part in ('image', 'depth'):
        (tmp_path / 'frames' / part).mkdir(parents=True)
    for number in range(3):
        grey = np.full((48, 64, 3), 50 * (number + 1), np.uint8)
        cv2.imwrite(str(tmp_path / 'frames' / 'image' / f'{number}.png'), grey)
        cv2.imwrite(str(tmp_path / 'frames' / 'depth' / f'{number}.png'),
                    np.full((48, 64), 1000 * (number + 1), np.uint16))
    np.savetxt(tmp_path / 'frames' / 'K.txt', [[60, 0, 31.5], [0, 60, 23.5], [0, 0, 1]])
    return tmp_path / 'frames'


def test_the_frames_of_a_data_set_come_over_and_over_with_their_depth_and_camera(nodes, folder):
    node = nodes.start('robot_camera_node', data=f'folder:{folder}', rate=50.0)
    seen = whole_frames(nodes, 8)
    numbers = [int(images.read_array(image)[0, 0, 0]) // 50 for image, _, _ in seen]
    assert numbers[1:] == [number % 3 + 1 for number in numbers[:-1]]
    for number, (image, depth, info) in zip(numbers, seen, strict=True):
        assert image.header.frame_id == 'camera_optical_frame' == depth.header.frame_id
        np.testing.assert_array_equal(images.read_depth(depth), np.float32(number))
        assert camera_info.to_intrinsics(info).fx == 60.0
    wait_until(lambda: int(node.values().get('rounds', 0)) > 1, 'rounds on /diagnostics')
    assert node.interrupt() == 0


def test_without_data_the_rooms_of_the_package_are_shown(nodes):
    nodes.start('robot_camera_node', rate=20.0)
    reader = open_reader(f'folder:{shipped_robot_rooms()}')
    (image, depth, info), *_ = whole_frames(nodes, 1)
    known = [sample for sample in map(reader.__getitem__, range(len(reader)))
             if np.array_equal(sample.image, images.read_array(image))]
    assert len(known) == 1
    np.testing.assert_array_equal(images.read_depth(depth), known[0].depth)
    assert camera_info.to_intrinsics(info) == known[0].intrinsics


@pytest.mark.parametrize(('spoil', 'reason'), [
    (lambda folder: (folder / 'K.txt').unlink(), 'has no camera intrinsics: add ",camera='),
    (lambda folder: [file.unlink() for file in (folder / 'image').iterdir()],
     'looked for .*jpg')])
def test_data_that_cannot_play_a_camera_is_refused_in_one_line(nodes, folder, spoil, reason):
    spoil(folder)
    node = nodes.start('robot_camera_node', wait_for=None, data=f'folder:{folder}')
    wait_until(lambda: re.search(reason, node.log), 'the refusal in the log')
    assert 'Traceback' not in node.log


def test_a_damaged_frame_is_left_out_and_told_and_the_camera_goes_on(nodes, folder):
    (folder / 'image' / '0.png').write_bytes(b'damaged')
    cv2.imwrite(str(folder / 'depth' / '2.png'), np.full((12, 16), 1000, np.uint16))
    node = nodes.start('robot_camera_node', data=f'folder:{folder}', rate=50.0)
    seen = whole_frames(nodes, 3)
    assert {int(images.read_array(image)[0, 0, 0]) for image, _, _ in seen} == {100}
    values = wait_until(lambda: (found := node.values()).get('unusable') == '2' and found,
                        'the damaged frames on /diagnostics')
    assert int(values['published']) > 0 and node.level() == 1
    assert re.search(r'\d+ of the last \d+ frames lost: frame', node.message())
    assert '0.png is damaged' in node.log and '2.png is (12, 16)' in node.log
    assert 'Traceback' not in node.log


def test_any_data_set_plays_the_camera_once_its_camera_is_given(nodes, folder, tmp_path):
    (folder / 'K.txt').rename(tmp_path / 'camera.txt')
    nodes.start('robot_camera_node', data=f'folder:{folder},camera={tmp_path}/camera.txt',
                rate=50.0)
    (_, _, info), *_ = whole_frames(nodes, 1)
    assert camera_info.to_intrinsics(info).fx == 60.0
