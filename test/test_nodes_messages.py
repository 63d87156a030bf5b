# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and back, and the slot between two threads; nothing here needs a graph."""

import numpy as np
import pytest

pytest.importorskip('rclpy')
from builtin_interfaces.msg import Time  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics  # noqa: E402
from depth_distill_ros.geometry.view import View  # noqa: E402
from depth_distill_ros.nodes import camera_info, images  # noqa: E402
from depth_distill_ros.nodes.frame_queue import FrameLedger, NewestSlot  # noqa: E402
from depth_distill_ros.nodes.images import ImageError  # noqa: E402

RGB = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def message_of(pixels, encoding, padding=0, big_endian=False):
    pixels = pixels.astype(pixels.dtype.newbyteorder('>' if big_endian else '<'))
    rows = pixels.reshape(len(pixels), -1).view(np.uint8)
    rows = np.hstack([rows, np.full((len(rows), padding), 99, np.uint8)])
    message = Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding,
                    step=rows.shape[1], is_bigendian=big_endian)
    message.data.frombytes(rows.tobytes())
    return message


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding, pixels', [
    ('rgb8', RGB), ('bgr8', RGB[..., ::-1]),
    ('rgba8', np.concatenate([RGB, RGB[..., :1]], 2)),
    ('bgra8', np.concatenate([RGB[..., ::-1], RGB[..., :1]], 2))])
def test_colour_is_read_in_rgb_whatever_its_order_and_row_padding(encoding, pixels, padding):
    found = images.read_rgb(message_of(np.ascontiguousarray(pixels), encoding, padding))
    np.testing.assert_array_equal(found, RGB)
    assert found.flags.c_contiguous


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('encoding, dtype', [
    ('mono8', np.uint8), ('16UC1', np.uint16), ('32SC1', np.int32), ('32FC1', np.float32)])
def test_padded_rows_and_either_byte_order_are_honoured(encoding, dtype, big_endian):
    pixels = np.array([[1, 200, 3], [4, 5, 60]], dtype)
    found = images.read_array(message_of(pixels, encoding, 8, big_endian))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, pixels)


def test_what_is_written_is_read_back_with_its_header():
    depth = np.array([[1.0, np.nan], [2.5, 3.0]], np.float32)
    message = images.from_array(depth[::-1], '32FC1', Time(sec=3, nanosec=4), 'eye')
    assert images.stamp_ns(message) == 3_000_000_004 and message.header.frame_id == 'eye'
    np.testing.assert_array_equal(images.read_depth(message), depth[::-1])


def test_millimetres_become_metres_with_zero_as_nan():
    found = images.read_depth(message_of(np.array([[0, 1500]], np.uint16), '16UC1'))
    np.testing.assert_allclose(found, [[np.nan, 1.5]], rtol=1e-6)


@pytest.mark.parametrize('change, words', [
    ({'encoding': 'yuv9'}, 'yuv9'),
    ({'step': 4}, 'a row needs 9'),
    ({'height': 200}, 'expected 1800 bytes, got 18'),
    ({'width': 0}, '2x0'),
    ({'encoding': ''}, 'encoding ""')])
def test_a_message_that_makes_no_image_is_refused_with_the_numbers(change, words):
    message = message_of(RGB, 'rgb8')
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(ImageError, match=words):
        images.read_rgb(message)


def test_depth_is_no_colour_picture_and_colour_no_depth():
    with pytest.raises(ImageError, match='no colour'):
        images.read_rgb(message_of(np.ones((2, 2), np.float32), '32FC1'))
    with pytest.raises(ImageError, match='no depth'):
        images.read_depth(message_of(RGB, 'rgb8'))


def test_camera_info_follows_region_of_interest_and_binning():
    message = camera_info.from_intrinsics(
        Intrinsics(100.0, 110.0, 31.5, 23.5, 48, 64), Time(), 'eye')
    message.roi.x_offset, message.roi.y_offset = 8, 4
    message.roi.width, message.roi.height = 40, 40
    message.binning_x = message.binning_y = 2
    assert camera_info.image_size(message) == (20, 20)
    assert camera_info.to_intrinsics(message) == Intrinsics(
        50.0, 55.0, (31.5 - 8 + 0.5) / 2 - 0.5, (23.5 - 4 + 0.5) / 2 - 0.5, 20, 20)


def test_camera_info_through_a_view_scales_k_and_p_and_leaves_its_source_alone():
    message = camera_info.from_intrinsics(
        Intrinsics(100.0, 100.0, 31.5, 23.5, 48, 64), Time(sec=5), 'eye')
    message.d = [0.1, 0.2, 0.0, 0.0, 0.0]
    message.p[3] = -12.0
    before = message.k.copy()
    found = camera_info.through_view(message, View.fit((48, 64), (24, 24)), (12, 12))
    assert (found.height, found.width) == (12, 12)
    # 48x64 is cropped to its middle 48x48, then scaled by a quarter.
    np.testing.assert_allclose(found.k, [25, 0, 5.5, 0, 25, 5.5, 0, 0, 1])
    np.testing.assert_allclose(found.p, [25, 0, 5.5, -3, 0, 25, 5.5, 0, 0, 0, 1, 0])
    assert list(found.d) == [0.1, 0.2, 0.0, 0.0, 0.0] and found.header.stamp.sec == 5
    np.testing.assert_array_equal(message.k, before)


def test_an_uncalibrated_camera_is_refused():
    message = camera_info.from_intrinsics(
        Intrinsics(100.0, 100.0, 31.5, 23.5, 48, 64), Time(), 'eye')
    message.k = np.zeros(9)
    with pytest.raises(camera_info.CameraInfoError, match='not calibrated'):
        camera_info.to_intrinsics(message)
    message.k = np.full(9, np.nan)
    with pytest.raises(GeometryError):
        camera_info.to_intrinsics(message)


def test_the_newest_item_wins_and_every_frame_has_one_fate():
    slot, ledger = NewestSlot(), FrameLedger()
    assert slot.take() is None
    for number in range(3):
        ledger.receive()
        if slot.put(number) is not None:
            ledger.drop('newer_frame')
    assert slot.take() == 2 and slot.take() is None
    assert ledger.values() == {
        'received': 3, 'answered': 0, 'dropped': 2, 'rejected': 0, 'in_flight': 1,
        'dropped.newer_frame': 2}
    ledger.reject('image')
    assert ledger.values()['in_flight'] == 0
