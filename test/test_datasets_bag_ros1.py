# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of ROS 1, compressed or not, and without their index."""

from dataset_files import SIZE, assert_depth, assert_image, made_image, stored_depth
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore
from test_datasets_bag import SECOND, START

from depth_distill_ros.datasets import DatasetError, open_reader

NOETIC = get_typestore(Stores.ROS1_NOETIC)


def write_ros1(path, compression=None, count=4):
    """Write a ROS 1 bag with a camera and registered depth."""
    writer = Ros1Writer(path)
    if compression:
        writer.set_compression(compression)
    types = NOETIC.types
    with writer:
        def add(topic, message):
            return writer.add_connection(topic, message, typestore=NOETIC)
        connections = {'/rgb': add('/rgb', 'sensor_msgs/msg/Image'),
                       '/depth': add('/depth', 'sensor_msgs/msg/Image'),
                       '/camera_info': add('/camera_info', 'sensor_msgs/msg/CameraInfo'),
                       '/said': add('/said', 'std_msgs/msg/String')}
        for number in range(count):
            stamp = START + number * SECOND // 10
            header = types['std_msgs/msg/Header'](
                number, types['builtin_interfaces/msg/Time'](*divmod(stamp, SECOND)), 'camera')
            k = np.array([30.0, 0, 15.5, 0, 30, 11.5, 0, 0, 1])
            roi = types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
            for topic, message in {
                    '/rgb': types['sensor_msgs/msg/Image'](
                        header, *SIZE, 'rgb8', 0, SIZE[1] * 3, made_image(number).ravel()),
                    '/depth': types['sensor_msgs/msg/Image'](
                        header, *SIZE, '16UC1', 0, SIZE[1] * 2,
                        stored_depth(number).view(np.uint8).ravel()),
                    '/camera_info': types['sensor_msgs/msg/CameraInfo'](
                        header, *SIZE, 'plumb_bob', np.zeros(5), k, np.eye(3).ravel(),
                        np.zeros(12), 0, 0, roi),
                    '/said': types['std_msgs/msg/String']('hello')}.items():
                writer.write(connections[topic], stamp + 5000, NOETIC.serialize_ros1(
                    message, message.__msgtype__))
    return path


@pytest.mark.parametrize('compression', [None, Ros1Writer.CompressionFormat.BZ2,
                                         Ros1Writer.CompressionFormat.LZ4])
def test_a_ros_1_bag_is_read_with_its_stamps_and_camera(tmp_path, compression):
    reader = open_reader(f'bag:{write_ros1(tmp_path / "ros1.bag", compression)}')
    assert len(reader) == 4 and reader.left_out == []
    for number in range(4):
        frame = reader[number]
        assert frame.name == f'{number:06d}-{START + number * SECOND // 10}'
        assert_image(frame.image, number, exact=True)
        assert_depth(frame.depth, stored_depth(number))
        assert frame.intrinsics.fx == 30 and frame.intrinsics.cx == 15.5


def test_a_ros_1_bag_without_an_index_comes_with_the_command_that_writes_it(tmp_path):
    bag = write_ros1(tmp_path / 'ros1.bag')
    data = bag.read_bytes()
    bag.write_bytes(data[:len(data) // 2])
    with pytest.raises(DatasetError, match=r'"rosbag reindex ros1.bag"'):
        open_reader(f'bag:{bag}')
    active = tmp_path / 'killed.bag.active'
    active.write_bytes(data.replace(b'index_pos=' + data.split(b'index_pos=')[1][:8],
                                    b'index_pos=' + bytes(8)))
    with pytest.raises(DatasetError, match=r'ROS 1 bag .* not indexed.*rosbag reindex'):
        open_reader(f'bag:{active}')
