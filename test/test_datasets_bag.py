# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags in both storages, as recorders write them, become the images that were published."""

import pickle
import re

import cv2
from dataset_files import SIZE, assert_depth, assert_image, cut, made_image, stored_depth
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from depth_distill_ros.datasets import DatasetError, open_reader

TYPES = get_typestore(Stores.ROS2_HUMBLE)
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def _header(stamp):
    time = TYPES.types['builtin_interfaces/msg/Time'](*divmod(stamp, SECOND))
    return TYPES.types['std_msgs/msg/Header'](time, 'camera')


def image(pixels, encoding, stamp, padding=0, big_endian=False):
    rows = np.ascontiguousarray(
        pixels.astype(pixels.dtype.newbyteorder('>')) if big_endian else pixels)
    rows = rows.view(np.uint8).reshape(len(pixels), -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return TYPES.types['sensor_msgs/msg/Image'](
        _header(stamp), *pixels.shape[:2], encoding, int(big_endian), rows.shape[1], rows.ravel())


def compressed(pixels, stamp):
    data = cv2.imencode('.jpg', pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])[1].ravel()
    return TYPES.types['sensor_msgs/msg/CompressedImage'](_header(stamp), 'jpeg', data)


def camera_info(stamp, fx=30.0, size=SIZE):
    roi = TYPES.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    return TYPES.types['sensor_msgs/msg/CameraInfo'](
        _header(stamp), *size, 'plumb_bob', np.zeros(5),
        np.array([fx, 0, 15.5, 0, fx, 11.5, 0, 0, 1]), np.eye(3).ravel(), np.zeros(12), 0, 0, roi)


def write_bag(path, topics, storage=StoragePlugin.MCAP):
    """Write topic -> [(time in the bag, message)]."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        connections = {topic: writer.add_connection(topic, messages[0][1].__msgtype__,
                                                    typestore=TYPES)
                       for topic, messages in topics.items()}
        everything = [(time, topic, message) for topic, messages in topics.items()
                      for time, message in messages]
        for time, topic, message in sorted(everything, key=lambda entry: entry[0]):
            writer.write(connections[topic], time,
                         TYPES.serialize_cdr(message, message.__msgtype__))
    return path


def camera_topics(count=4):
    """Return a camera whose depth comes late, at every other image, on another topic."""
    stamps = [START + number * SECOND // 10 for number in range(count)]
    return {
        '/camera/image_raw': [
            (stamp + 1000, image(made_image(n)[..., ::-1], 'bgr8', stamp, padding=7))
            for n, stamp in enumerate(stamps)],
        '/camera/camera_info': [(stamp, camera_info(stamp)) for stamp in stamps],
        '/camera/depth/image_rect': [
            (stamp + SECOND // 4, image(stored_depth(n), '16UC1', stamp + 3_000_000,
                                        padding=2, big_endian=True))
            for n, stamp in enumerate(stamps) if n % 2 == 0],
        '/camera/depth/camera_info': [(stamp, camera_info(stamp, 99.0)) for stamp in stamps],
        '/labels': [(stamp, image(np.full(SIZE, n, np.uint8), 'mono8', stamp))
                    for n, stamp in enumerate(stamps)],
    }


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_images_come_with_the_depth_and_classes_of_their_stamp(tmp_path, storage):
    write_bag(tmp_path / 'bag', camera_topics(), storage)
    reader = open_reader(f'bag:{tmp_path}/bag,semantics=/labels')
    assert len(reader) == 2 and len(reader.left_out) == 2
    sample = reader[1]
    assert sample.name == f'000002-{START + SECOND // 5}'
    assert_image(sample.image, 2, exact=True)
    assert_depth(sample.depth, stored_depth(2))
    assert np.all(sample.semantics == 2)
    assert sample.intrinsics.fx == 30 and sample.intrinsics.size == SIZE
    assert len(open_reader(f'bag:{tmp_path}/bag,depth=none')) == 4


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_single_file_is_a_bag_too_and_a_reader_may_be_pickled(tmp_path, storage):
    bag = write_bag(tmp_path / 'bag', camera_topics(), storage)
    file = next(file for file in bag.iterdir() if file.suffix in ('.mcap', '.db3'))
    reader = pickle.loads(pickle.dumps(open_reader(f'bag:{file}')))
    assert_image(reader[1].image, 2, exact=True)


def test_messages_of_one_time_and_of_no_stamp_are_told_apart(tmp_path):
    messages = [(START, image(made_image(n), 'rgb8', 0)) for n in range(3)]
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", {"/image": messages})}')
    for number in range(3):
        assert_image(reader[number].image, number, exact=True)
    assert len({reader[n].name for n in range(3)}) == 3
    assert reader[0].depth is None and reader[0].intrinsics is None


def test_compressed_images_and_depth_in_metres_are_read(tmp_path):
    metres = (stored_depth(1) / 1000).astype(np.float32)
    metres[0, :4] = [0, np.nan, np.inf, -1]
    reader = open_reader('bag:' + str(write_bag(tmp_path / 'bag', {
        '/camera/image_raw/compressed': [(START, compressed(made_image(1), START))],
        '/camera/camera_info': [(START, camera_info(START))],
        '/other/camera_info': [(START, camera_info(START, 99.0))],
        '/camera/depth': [(START, image(metres, '32FC1', START, padding=8))]})))
    sample = reader[0]
    assert_image(sample.image, 1)
    assert sample.intrinsics.fx == 30
    assert np.isnan(sample.depth[:3, :3]).all() and np.isnan(sample.depth[0, 3])
    assert sample.depth[0, 4] == metres[0, 4]


def test_topics_that_cannot_be_told_apart_are_asked_for(tmp_path):
    topics = camera_topics()
    topics['/second/image'] = topics['/camera/image_raw']
    bag = write_bag(tmp_path / 'bag', topics)
    with pytest.raises(DatasetError, match='name one with image=... among /camera/image_raw, /se'):
        open_reader(f'bag:{bag}')
    with pytest.raises(DatasetError, match='image=/third is not such a topic .*/second/imag'):
        open_reader(f'bag:{bag},image=/third')
    assert open_reader(f'bag:{bag},image=/second/image')[0].intrinsics is None
    with pytest.raises(DatasetError, match='within 1e-05 s'):
        open_reader(f'bag:{bag},image=/second/image,within=0.00001')
    poses = {'/camera/camera_info': topics['/camera/camera_info']}
    with pytest.raises(DatasetError, match='no topic with colour images; its topics: /camera/'):
        open_reader(f'bag:{write_bag(tmp_path / "poses", poses)}')


def test_parts_of_other_sizes_and_wrong_messages_are_refused(tmp_path):
    topics = camera_topics(2)
    topics['/camera/camera_info'] = [(START, camera_info(START, size=(480, 640)))]
    bag = write_bag(tmp_path / 'info', topics)
    with pytest.raises(DatasetError, match=r'/camera/camera_info is for \(480, 640\) and /camera'):
        open_reader(f'bag:{bag}')[0]
    topics = camera_topics(2)
    small = image(stored_depth(0, (12, 16)), '16UC1', START)
    topics['/camera/depth/image_rect'] = [(START, small)]
    bag = write_bag(tmp_path / 'depth', topics)
    with pytest.raises(DatasetError, match=r'name the registered depth topic, or depth=none'):
        open_reader(f'bag:{bag}')[0]
    short = image(made_image(0), 'rgb8', START)
    short.data = short.data[:-5]
    bag = write_bag(tmp_path / 'short', {'/image': [(START, short)]})
    with pytest.raises(DatasetError, match=f'/image at {START}: image rgb8 24x32 is truncated'):
        open_reader(f'bag:{bag}')[0]


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_of_a_truncated_bag_the_whole_frames_are_read_and_the_rest_is_told(tmp_path, storage):
    bag = write_bag(tmp_path / 'bag', camera_topics(12), storage)
    file = next(file for file in bag.iterdir() if file.suffix in ('.mcap', '.db3'))
    cut(file, 0.7)
    reader = open_reader(f'bag:{bag},depth=none')
    assert 0 < len(reader) < 12
    for number in range(len(reader)):
        assert_image(reader[number].image, number, exact=True)
    assert re.search(f'{file.name}.*messages before are read; ".*recover', reader.remarks[0])
    start = tmp_path / 'start' / file.name
    start.parent.mkdir()
    start.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DatasetError, match='recover'):
        open_reader(f'bag:{start}')
    with pytest.raises(DatasetError, match=r'looked for metadata.yaml, .* it holds bag'):
        open_reader(f'bag:{tmp_path}')
