# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of a bag: bad neighbours, images without a partner, cameras without a calibration."""

import sqlite3
import struct

from dataset_files import assert_depth, assert_image, made_image, stored_depth, text
import numpy as np
import pytest
from test_datasets_bag import SECOND, START, camera_info, camera_topics, image, write_bag
from test_datasets_bag_faults import MCAP, SQLITE3, file_of

from depth_distill_ros.datasets import DatasetError, open_reader


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


@pytest.mark.parametrize('kind', ['acme_msgs/msg/Odd', 'sensor_msgs/msg/CameraInfo'])
def test_a_topic_that_was_registered_twice_keeps_its_images(tmp_path, kind):
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    with sqlite3.connect(file_of(bag)) as database:
        database.execute(
            f"INSERT INTO topics VALUES (0, '/camera/image_raw', '{kind}', 'cdr', '', '')")
    reader = open_reader(f'bag:{bag},depth=/camera/depth/image_rect')
    assert len(reader) == 2
    assert_image(reader[1].image, 2, exact=True)


def test_a_topic_whose_encoding_nobody_knows_is_told_where_another_one_is_taken(tmp_path):
    topics = camera_topics()
    for _, message in topics['/camera/image_raw']:
        message.encoding = '8UC3'
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", topics)}')
    assert any('/camera/image_raw is not read: the encoding "8UC3"' in line
               for line in reader.remarks)
    bag = write_bag(tmp_path / 'odd', {'/i': [(START, image(made_image(0), '8UC3', START))]})
    with pytest.raises(DatasetError, match='no topic with colour.*/i is not read: .*"8UC3"'):
        open_reader(f'bag:{bag}')


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


def test_a_camera_info_that_is_not_beside_the_images_is_taken_or_left_and_told(tmp_path):
    topics = camera_topics()
    del topics['/camera/camera_info']
    reader = open_reader(f'bag:{write_bag(tmp_path / "one", topics)}')
    assert reader[0].intrinsics.fx == 99
    assert '/camera/depth/camera_info is taken; if that is of another' in reader.remarks[0]
    topics['/other/camera_info'] = topics['/camera/depth/camera_info']
    reader = open_reader(f'bag:{write_bag(tmp_path / "two", topics)}')
    assert reader[0].intrinsics is None
    assert 'name one with camera_info=TOPIC among /camera/depth/camera_info, /oth' in \
        reader.remarks[0]


def test_a_camera_of_a_recording_that_only_p_describes_can_be_given(tmp_path):
    topics = camera_topics()
    for _, message in topics['/camera/camera_info']:
        message.k, message.p = np.zeros(9), np.array([30, 0, 15.5, 0, 0, 30, 11.5, 0, 0, 0, 1, 0.])
    bag = write_bag(tmp_path / 'bag', topics)
    assert 'no intrinsics but those of camera=FILE' in open_reader(f'bag:{bag}').remarks[0]
    camera = text(tmp_path / 'K.txt', '30 0 15.5\n0 30 11.5\n0 0 1')
    assert open_reader(f'bag:{bag},camera={camera}')[0].intrinsics.fx == 30
