# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and back, and the latest item between two threads; without a graph."""

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')
from builtin_interfaces.msg import Time  # noqa: E402
from sensor_msgs.msg import CompressedImage, Image  # noqa: E402

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics  # noqa: E402
from depth_distill_ros.geometry.points import Projector, SparseProjector  # noqa: E402
from depth_distill_ros.geometry.scan import Mount, ScanLimits, Scanner  # noqa: E402
from depth_distill_ros.geometry.view import View  # noqa: E402
from depth_distill_ros.ros.cameras.frame_counts import FrameCounts  # noqa: E402
from depth_distill_ros.ros.cameras.latest_item import LatestItem  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.conversions.images import ImageError  # noqa: E402
from depth_distill_ros.ros.conversions.laser_scan import laser_scan  # noqa: E402
from depth_distill_ros.ros.conversions.point_cloud import cloud as row_cloud  # noqa: E402
from depth_distill_ros.ros.conversions.point_cloud import organised_cloud  # noqa: E402

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


def test_depth_is_no_colour_image_and_colour_no_depth():
    with pytest.raises(ImageError, match='32FC1 is not a colour image'):
        images.read_rgb(message_of(np.ones((2, 2), np.float32), '32FC1'))
    with pytest.raises(ImageError, match='rgb8 is not depth'):
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


@pytest.mark.parametrize('seed', range(40))
def test_a_point_seen_through_any_view_lands_where_its_camera_info_projects_it(seed):
    rng = np.random.default_rng(seed)
    source, target, size = (tuple(int(n) for n in rng.integers(40, 700, 2)) for _ in range(3))
    message = camera_info.from_intrinsics(Intrinsics(
        *rng.uniform(0.4, 2.0, 2) * source[1], rng.uniform(0.3, 0.7) * source[1],
        rng.uniform(0.3, 0.7) * source[0], *source), Time(), 'eye')
    message.p = np.array(message.p) * 0.9
    message.p[10], message.p[3], message.p[7] = 1.0, *rng.uniform(-50, 50, 2)
    view = (View.fit, View.pad)[seed % 2](source, target)
    found = camera_info.through_view(message, view, size)
    points = np.hstack([rng.uniform([-2, -2, 1], [2, 2, 9], (20, 3)), np.ones((20, 1))])
    for before, after in ((np.reshape(message.k, (3, 3)), np.reshape(found.k, (3, 3))),
                          (np.reshape(message.p, (3, 4)), np.reshape(found.p, (3, 4)))):
        pixels, seen = (m @ points[:, :m.shape[1]].T for m in (before, after))
        pixels, seen = pixels[:2] / pixels[2], seen[:2] / seen[2]
        for axis, k in ((1, 0), (0, 1)):
            share = (pixels[k] + 0.5 - view.crop[axis]) / view.crop[axis + 2]
            placed = view.place[axis] + share * view.place[axis + 2]
            np.testing.assert_allclose(seen[k], placed * size[axis] / target[axis] - 0.5,
                                       atol=1e-6)


def test_only_a_camera_with_something_to_take_out_needs_rectification():
    lens = Intrinsics(300.0, 300.0, 319.5, 239.5, 480, 640)
    message = camera_info.from_intrinsics(lens, Time(), 'eye')
    assert camera_info.to_rectifier(message) is None
    message.p = np.zeros(12)
    assert camera_info.to_rectifier(message) is None
    message.d = [-0.2, 0.05, 0.0, 0.0, 0.0]
    assert camera_info.to_rectifier(message).camera.size == (480, 640)
    message.distortion_model, message.d = 'equidistant', [0.1, 0.0, 0.0, 0.0]
    message.p = np.array([250.0, 0, 310, 0, 0, 250, 230, 0, 0, 0, 1, 0])
    message.roi.x_offset, message.roi.width, message.roi.height = 40, 320, 480
    found = camera_info.to_rectifier(message)
    assert found.camera == Intrinsics(250.0, 250.0, 270.0, 230.0, 480, 320)
    message.distortion_model = 'spherical'
    with pytest.raises(GeometryError, match='spherical'):
        camera_info.to_rectifier(message)


def test_rectified_images_are_those_of_p_and_have_no_distortion():
    message = camera_info.from_intrinsics(
        Intrinsics(300.0, 310.0, 319.5, 239.5, 480, 640), Time(sec=3), 'eye')
    message.distortion_model, message.d = 'equidistant', [0.1, 0.0, 0.0, 0.0]
    message.r = cv2.Rodrigues(np.array([0.0, 0.1, 0.0]))[0].ravel()
    message.p = np.array([250.0, 0, 310, -25, 0, 250, 230, 0, 0, 0, 1, 0])
    found = camera_info.rectified(message)
    assert camera_info.to_intrinsics(found) == Intrinsics(250.0, 250.0, 310.0, 230.0, 480, 640)
    assert camera_info.to_rectifier(found) is None and not any(found.d)
    assert found.p[3] == -25 and found.header.stamp.sec == 3
    assert message.k[0] == 300.0 and message.d[0] == 0.1
    message.p = np.zeros(12)
    with pytest.raises(camera_info.CameraInfoError, match='has no P.*none or node'):
        camera_info.rectified(message)


def test_a_camera_whose_lens_is_true_but_turned_is_rectified():
    lens = Intrinsics(300.0, 300.0, 319.5, 239.5, 480, 640)
    message = camera_info.from_intrinsics(lens, Time(), 'eye')
    message.distortion_model, message.d = '', []
    assert camera_info.to_rectifier(message) is None
    message.r = cv2.Rodrigues(np.array([0.0, 0.1, 0.0]))[0].ravel()
    assert camera_info.to_rectifier(message) is not None


def test_compressed_images_and_depth_are_read_like_others():
    message = CompressedImage(format='rgb8; png compressed bgr8')
    message.data.frombytes(cv2.imencode('.png', RGB[..., ::-1])[1].tobytes())
    np.testing.assert_array_equal(images.read_rgb(message), RGB)
    message = CompressedImage(format='16UC1; png compressed ')
    message.data.frombytes(cv2.imencode('.png', np.array([[0, 1500]], np.uint16))[1].tobytes())
    np.testing.assert_allclose(images.read_depth(message), [[np.nan, 1.5]], rtol=1e-6)


CAMERA = Intrinsics(30.0, 31.0, 19.0, 14.5, 30, 40)


def fields_of(cloud):
    kinds = {7: '<f4'}
    layout = np.dtype({'names': [field.name for field in cloud.fields],
                       'formats': [kinds[field.datatype] for field in cloud.fields],
                       'offsets': [field.offset for field in cloud.fields],
                       'itemsize': cloud.point_step})
    return np.frombuffer(cloud.data, layout).reshape(cloud.height, cloud.width)


def test_an_organised_cloud_has_the_images_rows_and_columns_and_colours():
    depth = np.random.default_rng(0).uniform(1, 4, CAMERA.size).astype(np.float32)
    depth[0, 0] = np.nan
    rgb = np.random.default_rng(1).integers(0, 256, (*CAMERA.size, 3), np.uint8)
    points = Projector(CAMERA, 9.0).organised(depth)
    cloud = organised_cloud(points, Time(sec=7), 'eye', rgb)
    assert (cloud.height, cloud.width, cloud.is_dense) == (30, 40, False)
    assert cloud.row_step == 40 * cloud.point_step and not cloud.is_bigendian
    assert cloud.header.frame_id == 'eye' and cloud.header.stamp.sec == 7
    found = fields_of(cloud)
    np.testing.assert_array_equal(np.stack([found[k] for k in 'xyz'], 2), points)
    packed = np.ascontiguousarray(found['rgb']).view(np.uint32)
    np.testing.assert_array_equal(
        packed, rgb[..., 0].astype(np.uint32) << 16 | rgb[..., 1].astype(np.uint32) << 8
        | rgb[..., 2])
    plain = organised_cloud(points, Time(), 'eye')
    assert plain.point_step == 12 and len(plain.data) == 30 * 40 * 12


def test_a_thinned_cloud_is_a_row_of_measured_points_with_their_colours():
    depth = np.full(CAMERA.size, 2.0, np.float32)
    depth[:10] = np.nan
    rgb = np.arange(30 * 40 * 3).reshape(30, 40, 3).astype(np.uint8)
    points = Projector(CAMERA, 9.0).organised(depth)
    few, colours = SparseProjector(CAMERA, 9.0, 0.25, 20.0)(depth, rgb=rgb)
    cloud = row_cloud(few, Time(), 'eye', colours)
    assert cloud.height == 1 and 0 < cloud.width < 200 and cloud.is_dense
    whole = fields_of(organised_cloud(points, Time(), 'eye', rgb)).ravel()
    assert set(map(bytes, fields_of(cloud)[0])) <= set(map(bytes, whole))
    empty = row_cloud(few[:0], Time(), 'eye', colours[:0])
    assert empty.width == 0 and len(empty.data) == 0


def test_a_scan_message_gives_the_bearing_of_each_range():
    scanner = Scanner(CAMERA, Mount(0.5), ScanLimits(0.02, 2.0, 0.1, 6.0))
    message = laser_scan(scanner, np.full(CAMERA.size, 2.0, np.float32), Time(sec=9), 'level')
    assert message.header.frame_id == 'level' and message.header.stamp.sec == 9
    ranges = np.array(message.ranges)
    angles = message.angle_min + np.arange(len(ranges)) * message.angle_increment
    assert message.angle_max == pytest.approx(angles[-1], abs=1e-5)
    seen = np.isfinite(ranges)
    assert seen.mean() > 0.9
    # A bearing is as wide as a pixel here: at 31 degrees half of one is 2 cm.
    np.testing.assert_allclose(ranges[seen] * np.cos(angles[seen]), 2.0, atol=0.025)
    assert (message.range_min, message.range_max) == pytest.approx((0.1, 6.0))


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
    latest, counts = LatestItem(), FrameCounts()
    assert latest.take() is None
    for number in range(3):
        counts.add('received')
        if latest.put(number) is not None:
            counts.add('dropped', 'newer_frame')
    assert latest.take() == 2 and latest.take() is None
    assert counts.values() == {
        'received': 3, 'answered': 0, 'dropped': 2, 'rejected': 0, 'in_flight': 1,
        'dropped.newer_frame': 2}
    counts.add('rejected', 'image')
    assert counts.values()['in_flight'] == 0


def test_pixels_that_are_made_in_a_message_s_memory_are_those_of_a_copy():
    buffer = images.PixelBuffer((2, 3), np.float32)
    for first in (1.0, 7.0):
        buffer.array[...] = np.arange(6).reshape(2, 3) + first
        where = '32FC1', Time(sec=3, nanosec=4), 'eye'
        assert buffer.message(*where) == images.from_array(buffer.array, *where)
