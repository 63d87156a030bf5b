# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags whose images and depth are compressed topics: JPEG, PNG, compressedDepth, RVL, TIFF."""

import struct

import cv2
from dataset_files import SIZE, assert_depth, assert_image, made_image, stored_depth
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin
from test_datasets_bag import (
    SECOND,
    START,
    TYPES,
    _header,
    camera_info,
    camera_topics,
    write_bag,
)

from depth_distill_ros.datasets import DatasetError, open_reader

MCAP, SQLITE3 = StoragePlugin.MCAP, StoragePlugin.SQLITE3


def encoded(pixels, stamp, encoding, suffix='.png', before=b''):
    """Return a CompressedImage of pixels, RGB or one channel."""
    pixels = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    data = cv2.imencode(suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes()
    return TYPES.types['sensor_msgs/msg/CompressedImage'](
        _header(stamp), encoding, np.frombuffer(before + data, np.uint8))


def compressed_topics(colour, depth, colour_topic='/camera/image_raw/compressed',
                      depth_topic='/camera/depth/image_raw/compressedDepth', count=3):
    """Return topics of functions (number, stamp) -> message."""
    stamps = [START + number * SECOND // 10 for number in range(count)]
    return {
        colour_topic: [(stamp, colour(n, stamp)) for n, stamp in enumerate(stamps)],
        depth_topic: [(stamp, depth(n, stamp)) for n, stamp in enumerate(stamps)],
        '/camera/camera_info': [(stamp, camera_info(stamp)) for stamp in stamps]}


def jpeg(number, stamp):
    return encoded(made_image(number), stamp, 'rgb8; jpeg compressed bgr8', '.jpg')


def compressed_depth(number, stamp):
    return encoded(stored_depth(number), stamp, '16UC1; compressedDepth png', before=bytes(12))


@pytest.mark.parametrize('storage', [MCAP, SQLITE3])
def test_compressed_depth_goes_with_compressed_colour(tmp_path, storage):
    bag = write_bag(tmp_path / 'bag', compressed_topics(jpeg, compressed_depth), storage)
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 3
    assert_image(reader[2].image, 2)
    assert_depth(reader[2].depth, stored_depth(2))
    assert reader[2].intrinsics.fx == 30
    named = open_reader(f'bag:{bag},image=/camera/image_raw/compressed,'
                        'depth=/camera/depth/image_raw/compressedDepth')
    assert_depth(named[1].depth, stored_depth(1))


def test_a_png_of_16_bits_is_depth_whatever_the_topic_is_called(tmp_path):
    topics = compressed_topics(
        jpeg, lambda n, stamp: encoded(stored_depth(n), stamp, 'png'), '/left_depthy_camera/jpg',
        '/range')
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", topics)}')
    assert_image(reader[1].image, 1)
    assert_depth(reader[1].depth, stored_depth(1))


def test_inverse_depth_tiff_and_rvl_are_metres(tmp_path):
    metres = (stored_depth(1) / 1000).astype(np.float32)
    metres[metres == 0] = np.nan
    # compressedDepth of 32FC1: stored = a / metres + b
    a, b = 5000.0, -20.0
    stored = np.nan_to_num(np.rint(a / metres + b), nan=0).astype(np.uint16)
    inverse = write_bag(tmp_path / 'inverse', compressed_topics(
        jpeg, lambda n, stamp: encoded(stored, stamp, '32FC1; compressedDepth png',
                                       before=struct.pack('<iff', 0, a, b))))
    found = open_reader(f'bag:{inverse}')[0].depth
    np.testing.assert_array_equal(np.isnan(found), np.isnan(metres))
    np.testing.assert_allclose(found[~np.isnan(found)], metres[~np.isnan(metres)], rtol=0.01)
    tiff = write_bag(tmp_path / 'tiff', compressed_topics(
        jpeg, lambda n, stamp: encoded(metres, stamp, '32FC1; tiff compressed', '.tiff'),
        depth_topic='/depth/compressed'))
    np.testing.assert_array_equal(open_reader(f'bag:{tiff}')[0].depth, metres)
    rvl = write_bag(tmp_path / 'rvl', compressed_topics(jpeg, lambda n, stamp: rvl_of(
        stored_depth(n), stamp)))
    assert_depth(open_reader(f'bag:{rvl}')[2].depth, stored_depth(2))


def rvl_of(pixels, stamp):
    """Return compressedDepth in RVL, written number by number."""
    nibbles = []

    def number(value):
        while True:
            value, low = value >> 3, value & 7
            nibbles.append(low | 8 if value else low)
            if not value:
                return

    flat, at, last = pixels.ravel().astype(int).tolist(), 0, 0
    while at < len(flat):
        zeros = next((k for k, v in enumerate(flat[at:]) if v), len(flat) - at)
        at += zeros
        depths = next((k for k, v in enumerate(flat[at:]) if not v), len(flat) - at)
        number(zeros)
        number(depths)
        for value in flat[at:at + depths]:
            number((value - last) * 2 if value >= last else -(value - last) * 2 - 1)
            last = value
        at += depths
    nibbles += [0] * (-len(nibbles) % 8)
    words = [int(''.join(f'{n:x}' for n in nibbles[k:k + 8]), 16)
             for k in range(0, len(nibbles), 8)]
    data = bytes(12) + struct.pack('<II', pixels.shape[1], pixels.shape[0])
    data += struct.pack(f'<{len(words)}I', *words)
    return TYPES.types['sensor_msgs/msg/CompressedImage'](
        _header(stamp), '16UC1; compressedDepth rvl', np.frombuffer(data, np.uint8))


def test_classes_may_be_a_png_and_never_a_jpeg(tmp_path):
    topics = compressed_topics(jpeg, compressed_depth)
    topics['/labels/compressed'] = [
        (START + n * SECOND // 10, encoded(np.full(SIZE, n, np.uint8), START + n * SECOND // 10,
                                           'mono8; png compressed ')) for n in range(3)]
    topics['/bad/compressed'] = [
        (START + n * SECOND // 10, encoded(np.full(SIZE, n, np.uint8), START + n * SECOND // 10,
                                           'mono8; jpeg compressed ', '.jpg')) for n in range(3)]
    bag = write_bag(tmp_path / 'bag', topics)
    assert np.all(open_reader(f'bag:{bag},semantics=/labels/compressed')[2].semantics == 2)
    with pytest.raises(DatasetError, match='is a JPEG, which changes class ids'):
        open_reader(f'bag:{bag},semantics=/bad/compressed')[2]


def test_raw_topics_are_preferred_to_their_compressed_copies(tmp_path):
    topics = camera_topics() | compressed_topics(jpeg, compressed_depth)
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", topics)}')
    assert_image(reader[1].image, 2, exact=True)
    assert len(reader) == 2  # the raw depth is at every other image
