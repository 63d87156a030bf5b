# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as people have them: bad neighbours, ROS 1, killed recorders, no calibration."""

import shutil
import sqlite3
import struct
import subprocess
import sys

from dataset_files import SIZE, assert_depth, assert_image, made_image, stored_depth
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from test_datasets_bag import (
    SECOND,
    START,
    TYPES,
    camera_info,
    camera_topics,
    image,
    write_bag,
)
import yaml

from depth_distill_ros.datasets import DatasetError, open_reader

MCAP, SQLITE3 = StoragePlugin.MCAP, StoragePlugin.SQLITE3
NOETIC = get_typestore(Stores.ROS1_NOETIC)


def file_of(bag):
    return next(file for file in bag.iterdir() if file.suffix in ('.mcap', '.db3'))


# 1. Only the topics that are asked for matter.

def spoil_definition(file):
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO topics VALUES (90, '/other', 'acme_msgs/msg/Odd', 'cdr', '', '')")
        database.execute("INSERT INTO message_definitions VALUES "
                         "(90, 'acme_msgs/msg/Odd', 'unknown', '', '')")
        database.execute('INSERT INTO messages VALUES (900, 90, ?, ?)', (START, b'\0\1\0\0'))


def spoil_idl(file):
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO topics VALUES (90, '/other', 'acme_msgs/msg/Odd', 'cdr', '', '')")
        database.execute(
            "INSERT INTO message_definitions VALUES (90, 'acme_msgs/msg/Odd', 'ros2idl', "
            "'#include \"acme/Other.idl\"\nmodule acme { struct Odd { wrong }; };', '')")


def spoil_camera_definition(file):
    # a definition of the camera's own type that nobody can read
    with sqlite3.connect(file) as database:
        database.execute("UPDATE message_definitions SET encoding = 'unknown', "
                         "encoded_message_definition = ''")


def spoil_serialization(file):
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO topics VALUES (90, '/other', 'acme/Odd', 'protobuf', '', '')")


def spoil_qos(file):
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO topics VALUES (90, '/other', 'a/msg/B', 'cdr', '- {history: [', '')")


@pytest.mark.parametrize('spoil', [spoil_definition, spoil_idl, spoil_camera_definition,
                                   spoil_serialization, spoil_qos])
def test_a_topic_that_is_not_asked_for_spoils_nothing(tmp_path, spoil):
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    spoil(file_of(bag))
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and reader.remarks == []
    assert_image(reader[1].image, 2, exact=True)


def test_topics_of_other_kinds_are_named_with_their_types(tmp_path):
    bag = write_bag(tmp_path / 'bag', {'/camera/camera_info': [(START, camera_info(START))]},
                    SQLITE3)
    with sqlite3.connect(file_of(bag)) as database:
        database.execute("INSERT INTO topics VALUES (90, '/image/theora', "
                         "'theora_image_transport/msg/Packet', 'cdr', '', '')")
    with pytest.raises(DatasetError, match=r'/image/theora \(theora_image_transport/msg/Packet\)'):
        open_reader(f'bag:{bag}')
    with pytest.raises(DatasetError, match='image_transport republish'):
        open_reader(f'bag:{bag},image=/image/theora')


def test_a_schema_of_another_encoding_in_mcap_spoils_nothing(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    file = file_of(bag)
    data = file.read_bytes()

    def text(word):
        return struct.pack('<I', len(word)) + word

    def record(op, body):
        return struct.pack('<BQ', op, len(body)) + body

    odd = record(3, struct.pack('<H', 70) + text(b'foxglove.Odd') + text(b'protobuf') + text(b'?'))
    odd += record(4, struct.pack('<HH', 70, 70) + text(b'/odd') + text(b'protobuf') + text(b''))
    odd += record(5, struct.pack('<HIQQ', 70, 0, START, START) + b'??')
    header = 8 + 9 + struct.unpack_from('<Q', data, 9)[0]
    file.write_bytes(data[:header] + odd + data[header:])
    reader = open_reader(f'bag:{file}')
    assert len(reader) == 2
    assert_image(reader[1].image, 2, exact=True)


# 2. ROS 1.

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


# 3. Killed recorders, truncated copies, wrong metadata.

@pytest.mark.parametrize('storage', [MCAP, SQLITE3])
@pytest.mark.parametrize('wrong', ['identifier', 'none', 'yaml', 'version', 'qos', 'empty'])
def test_the_files_of_a_bag_count_and_not_its_metadata(tmp_path, storage, wrong):
    bag = write_bag(tmp_path / 'bag', camera_topics(), storage)
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    about = entries['rosbag2_bagfile_information']
    if wrong == 'identifier':
        about['storage_identifier'] = ''
    if wrong == 'version':
        about['version'] = 42
    if wrong == 'qos':
        for topic in about['topics_with_message_count']:
            topic['topic_metadata']['offered_qos_profiles'] = '- history: 1'
    metadata.write_text(yaml.safe_dump(entries))
    if wrong == 'yaml':
        metadata.write_text('rosbag2_bagfile_information: [')
    if wrong == 'none':
        metadata.unlink()
    if wrong == 'empty':
        metadata.write_text('')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2
    assert_image(reader[1].image, 2, exact=True)
    told = any('metadata.yaml' in line for line in reader.remarks)
    assert told == (wrong in ('none', 'yaml', 'empty'))


def test_a_file_that_the_metadata_names_and_that_is_missing_is_told(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    entries['rosbag2_bagfile_information']['relative_file_paths'].append('bag_1.mcap')
    metadata.write_text(yaml.safe_dump(entries))
    shutil.copy(file_of(bag), bag / 'copy.mcap')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2
    assert any('bag_1.mcap: their messages are missing' in line for line in reader.remarks)


KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('PRAGMA journal_mode = WAL')
database.execute('PRAGMA wal_autocheckpoint = 0')
rows = database.execute('SELECT * FROM messages ORDER BY id').fetchall()
database.execute('DELETE FROM messages WHERE id > 4')
database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
for row in rows[4:]:
    database.execute('INSERT INTO messages VALUES (?, ?, ?, ?)', row)
os._exit(9)
"""


def kill_the_recorder_of(bag):
    """Leave most messages of a sqlite3 bag in its write-ahead log."""
    file = file_of(bag)
    assert subprocess.run([sys.executable, '-c', KILLED, file], check=False).returncode == 9
    assert file.with_name(f'{file.name}-wal').stat().st_size > 0
    return bag


def test_messages_in_the_write_ahead_log_of_a_killed_recorder_are_read(tmp_path):
    bag = kill_the_recorder_of(write_bag(tmp_path / 'bag', camera_topics(), SQLITE3))
    bag = bag.rename(tmp_path / '100% #1?')  # characters that mean something to sqlite3
    reader = open_reader(f'bag:{bag},depth=none')
    assert len(reader) == 4
    for number in range(4):
        assert_image(reader[number].image, number, exact=True)


def test_compressed_files_and_messages_are_read(tmp_path):
    for mode in (CompressionMode.FILE, CompressionMode.MESSAGE):
        bag = tmp_path / mode.name
        writer = Writer(bag, version=9, storage_plugin=SQLITE3)
        writer.set_compression(mode, CompressionFormat.ZSTD)
        with writer:
            connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=TYPES)
            for number in range(3):
                message = image(made_image(number), 'rgb8', START + number * SECOND)
                writer.write(connection, START + number * SECOND, TYPES.serialize_cdr(
                    message, message.__msgtype__))
        reader = open_reader(f'bag:{bag}')
        assert len(reader) == 3
        assert_image(reader[2].image, 2, exact=True)


def test_a_damaged_chunk_costs_its_own_messages_only(tmp_path):
    size = (240, 320)
    with Writer(tmp_path / 'bag', version=9, storage_plugin=MCAP) as writer:
        connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=TYPES)
        for number in range(12):  # 2.8 MB, in chunks of 1 MiB
            message = image(made_image(number, size), 'rgb8', START + number * SECOND)
            writer.write(connection, START + number * SECOND, TYPES.serialize_cdr(
                message, message.__msgtype__))
    file = file_of(tmp_path / 'bag')
    data = bytearray(file.read_bytes())
    first = data.index(b'rosbags') + 40
    chunk = data.index(struct.pack('<B', 6), first)
    while struct.unpack_from('<BQ', data, chunk)[1] > len(data):
        chunk = data.index(struct.pack('<B', 6), chunk + 1)
    struct.pack_into('<Q', data, chunk + 9 + 16, 7)  # its size without compression
    file.write_bytes(data)
    reader = open_reader(f'bag:{tmp_path}/bag')
    assert 0 < len(reader) < 12
    assert '1 damaged records are left out' in reader.remarks[0]
    assert 'mcap recover' in reader.remarks[0]
    assert_image(reader[len(reader) - 1].image, 11, size, exact=True)


def test_what_is_no_bag_is_named(tmp_path):
    (tmp_path / 'empty.db3').touch()
    with pytest.raises(DatasetError, match='empty.db3 is empty and not a ROS bag'):
        open_reader(f'bag:{tmp_path}/empty.db3')
    (tmp_path / 'text.mcap').write_text('hello')
    with pytest.raises(DatasetError, match='text.mcap is not a ROS bag'):
        open_reader(f'bag:{tmp_path}/text.mcap')


# 4. A camera that is not calibrated.

def uncalibrated(stamp, how):
    message = camera_info(stamp)
    if how == 'zero':
        message.k = np.zeros(9)
    elif how == 'nan':
        message.k = np.full(9, np.nan)
    elif how == 'size':
        message.height = message.width = 0
    elif how == 'negative':
        message.k = -message.k
    return message


@pytest.mark.parametrize('how', ['zero', 'nan', 'size', 'negative'])
def test_an_uncalibrated_camera_is_told_and_its_images_are_read(tmp_path, how):
    topics = camera_topics()
    topics['/camera/camera_info'] = [(time, uncalibrated(time, how))
                                     for time, _ in topics['/camera/camera_info']]
    bag = write_bag(tmp_path / 'bag', topics)
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and reader[1].intrinsics is None
    assert_depth(reader[1].depth, stored_depth(2))
    assert '/camera/camera_info: ' in reader.remarks[0]
    with pytest.raises(DatasetError, match='/camera/camera_info: .*; camera_info=none reads'):
        open_reader(f'bag:{bag},camera_info=/camera/camera_info')
    without = open_reader(f'bag:{bag},camera_info=none')
    assert without.remarks == [] and without[0].intrinsics is None


def test_the_first_calibrated_camera_info_counts(tmp_path):
    topics = camera_topics()
    topics['/camera/camera_info'] = [
        (time, uncalibrated(time, 'zero') if n < 2 else message)
        for n, (time, message) in enumerate(topics['/camera/camera_info'])]
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", topics)}')
    assert reader[0].intrinsics.fx == 30 and reader.remarks == []


# 5. What has no partner is told.

def test_images_without_a_partner_are_listed_with_the_reason(tmp_path):
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", camera_topics())}')
    assert [each.name for each in reader.left_out] == [
        f'{n:06d}-{START + n * SECOND // 10}' for n in (1, 3)]
    assert {each.reason for each in reader.left_out} == {
        'no message of /camera/depth/image_rect of its own within 0.02 s'}


def test_drifting_stamps_cost_no_image_silently(tmp_path):
    stamps = [START + n * SECOND // 30 for n in range(20)]
    drift = [(stamp + n * 2_000_000, image(stored_depth(n), '16UC1', stamp + n * 2_000_000))
             for n, stamp in enumerate(stamps)]
    reader = open_reader('bag:' + str(write_bag(tmp_path / 'bag', {
        '/image': [(stamp, image(made_image(n), 'rgb8', stamp)) for n, stamp in enumerate(stamps)],
        '/depth': drift})))
    assert len(reader) + len(reader.left_out) == 20 and reader.left_out


def test_a_truncated_compressed_file_is_named_by_its_own_name(tmp_path):
    zstd = pytest.importorskip('backports.zstd')
    whole = file_of(write_bag(tmp_path / 'bag', camera_topics(), MCAP)).read_bytes()
    file = tmp_path / 'x.mcap.zstd'
    file.write_bytes(zstd.compress(whole))
    assert len(open_reader(f'bag:{file}')) == 2
    cut = tmp_path / 'cut.mcap.zstd'
    cut.write_bytes(zstd.compress(whole)[:2000])
    with pytest.raises(DatasetError, match=f'{cut} is truncated: only a part'):
        open_reader(f'bag:{cut}')
