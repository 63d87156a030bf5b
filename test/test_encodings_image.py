# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images come out of every encoding as they went in, or a line says why not."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from depth_distill_ros.encodings import compressed, image
from depth_distill_ros.encodings.image import ImageError

# Colours that change slowly enough for chroma and mosaics to be put together again.
V, U = np.mgrid[:48, :64]
IMAGE = np.stack([40 + 3 * U, 220 - 4 * V, 60 + 2 * V + U], 2).astype(np.uint8)


def message_of(rows, encoding, height=None, width=None, padding=0, big_endian=False):
    if big_endian:
        rows = rows.astype(rows.dtype.newbyteorder('>'))
    data = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
    data = np.pad(data, ((0, 0), (0, padding)), constant_values=77)
    return SimpleNamespace(encoding=encoding, height=height or len(rows),
                           width=width or rows.shape[1], step=data.shape[1],
                           is_bigendian=int(big_endian), data=data.tobytes())


def mosaic_of(rgb, order):
    """Return what a sensor sees through filters in this order: top left, right, next row."""
    channel = {'r': 0, 'g': 1, 'b': 2}
    mosaic = np.empty(rgb.shape[:2], rgb.dtype)
    for k, name in enumerate(order):
        mosaic[k // 2::2, k % 2::2] = rgb[k // 2::2, k % 2::2, channel[name]]
    return mosaic


def assert_like(found, expected, most):
    assert found.dtype == np.uint8 and found.shape == expected.shape
    # Demosaicing and shared chroma reach over the border.
    away = np.abs(found.astype(int) - expected)[2:-2, 2:-2]
    assert away.max() <= most, away.max(axis=(0, 1))


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('order', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_a_mosaic_of_8_bits_is_put_together_in_its_own_order(order, padding):
    message = message_of(mosaic_of(IMAGE, order), f'bayer_{order}8', padding=padding)
    assert_like(image.read_rgb(message), IMAGE, 2)


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('order', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_of_a_mosaic_of_16_bits_the_upper_8_count(order, big_endian):
    mosaic = mosaic_of(IMAGE, order).astype(np.uint16) * 256 + 17
    message = message_of(mosaic, f'bayer_{order}16', padding=4, big_endian=big_endian)
    assert_like(image.read_rgb(message), IMAGE, 2)


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra'])
def test_of_colours_of_16_bits_the_upper_8_count(order, big_endian):
    whole = np.dstack([IMAGE, np.full(IMAGE.shape[:2], 9)])
    channels = whole[..., ['rgba'.index(name) for name in order]]
    message = message_of(channels.astype(np.uint16) * 256 + 17, f'{order}16', padding=4,
                         big_endian=big_endian)
    np.testing.assert_array_equal(image.read_rgb(message), IMAGE)


def yuv(rgb):
    """Return Y, U, V of ITU-R BT.601 in studio range, as cameras send them."""
    r, g, b = (rgb[..., k].astype(float) for k in range(3))
    y = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    u = 128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255
    v = 128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255
    return [np.rint(plane).astype(np.uint8) for plane in (y, u, v)]


@pytest.mark.parametrize('padding', [0, 10])
@pytest.mark.parametrize('encoding, order', [
    ('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')])
def test_packed_yuv_becomes_the_image(encoding, order, padding):
    y, u, v = yuv(IMAGE)
    pairs = {'uyvy': (u[:, ::2], y[:, ::2], v[:, ::2], y[:, 1::2]),
             'yuyv': (y[:, ::2], u[:, ::2], y[:, 1::2], v[:, ::2])}[order]
    rows = np.stack(pairs, 2).reshape(48, 128)
    message = message_of(rows, encoding, width=64, padding=padding)
    assert_like(image.read_rgb(message), IMAGE, 6)


@pytest.mark.parametrize('padding', [0, 10])
@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
def test_planar_yuv_becomes_the_image(encoding, padding):
    y, u, v = yuv(IMAGE)
    pair = (u, v) if encoding == 'nv12' else (v, u)
    chroma = np.stack([plane[::2, ::2] for plane in pair], 2).reshape(24, 64)
    message = message_of(np.vstack([y, chroma]), encoding, height=48, padding=padding)
    assert_like(image.read_rgb(message), IMAGE, 8)


@pytest.mark.parametrize('encoding, rows, height, width, words', [
    ('nv12', np.zeros((48, 64), np.uint8), 48, 64, 'nv12 48x64 is truncated: expected 4608'),
    ('nv21', np.zeros((72, 63), np.uint8), 48, 63, 'must be even'),
    ('yuyv', np.zeros((48, 126), np.uint8), 48, 63, 'must be even'),
    ('uyvy', np.zeros((48, 64), np.uint8), 48, 64, 'a row needs 128'),
    ('bayer_rggb8', np.zeros((1, 8), np.uint8), 1, 8, 'at least 2x2'),
    ('bayer_rggb16', np.zeros((8, 8), np.uint8), 8, 8, 'a row needs 16'),
    ('bayer_rgbw8', np.zeros((8, 8), np.uint8), 8, 8, '"bayer_rgbw8" is not one of rgb8'),
    ('16UC1', np.zeros((8, 8), np.uint16), 8, 8, 'not a colour image')])
def test_an_impossible_image_is_refused_with_its_numbers(encoding, rows, height, width, words):
    with pytest.raises(ImageError, match=words):
        image.read_rgb(message_of(rows, encoding, height, width))


def compressed_of(pixels, form, kind, header=b''):
    return SimpleNamespace(format=form, data=header + cv2.imencode(kind, pixels)[1].tobytes())


@pytest.mark.parametrize('form, kind, most', [
    ('jpeg', '.jpg', 12), ('png', '.png', 0), ('rgb8; jpeg compressed bgr8', '.jpg', 12),
    ('bgr8; jpeg compressed ', '.jpg', 12), ('rgb8; png compressed bgr8', '.png', 0),
    ('', '.png', 0)])
def test_a_compressed_image_is_read_in_rgb_whatever_its_format_says(form, kind, most):
    found = compressed.read_rgb(compressed_of(IMAGE[..., ::-1], form, kind))
    assert_like(found, IMAGE, most)


def test_a_compressed_grey_image_and_a_compressed_mosaic_become_colour():
    grey = compressed.read_rgb(compressed_of(IMAGE[..., 0], 'mono8; png compressed ', '.png'))
    np.testing.assert_array_equal(grey, np.repeat(IMAGE[..., :1], 3, 2))
    message = compressed_of(mosaic_of(IMAGE, 'gbrg'), 'bayer_gbrg8; png compressed ', '.png')
    assert_like(compressed.read_rgb(message), IMAGE, 2)


@pytest.mark.parametrize('form, header', [
    ('16UC1; png compressed ', b''), ('png', b''),
    ('16UC1; compressedDepth', bytes(12)), ('16UC1; compressedDepth png', bytes(12))])
def test_compressed_millimetres_become_metres(form, header):
    stored = np.array([[0, 1500, 65535]], np.uint16)
    found = compressed.read_depth(compressed_of(stored, form, '.png', header))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[np.nan, 1.5, 65.535]], rtol=1e-6)


def test_compressed_depth_in_metres_undoes_its_inverse_depth():
    metres = np.array([[0.6, 1.0, 4.0, 9.0]])
    scale, offset = 100.0 * 101.0, 1.0 - 100.0 * 101.0 / 10.0
    stored = np.append(np.rint(scale / metres + offset), 0)[None].astype(np.uint16)
    header = np.array([0], '<i4').tobytes() + np.array([scale, offset], '<f4').tobytes()
    found = compressed.read_depth(compressed_of(stored, '32FC1; compressedDepth png', '.png',
                                                header))
    np.testing.assert_allclose(found[0, :4], metres[0], rtol=5e-3)
    assert found.dtype == np.float32 and np.isnan(found[0, 4])


@pytest.mark.parametrize('reader, message, words', [
    (compressed.read_rgb, SimpleNamespace(format='jpeg', data=b''), 'damaged or no image'),
    (compressed.read_rgb, SimpleNamespace(format='jpeg', data=b'GIF89a...'), 'or no image'),
    (compressed.read_rgb, compressed_of(np.ones((2, 2), np.uint16), '16UC1; png', '.png'),
     'depth, not a colour image'),
    (compressed.read_depth, compressed_of(IMAGE, 'rgb8; jpeg compressed bgr8', '.jpg'),
     'uint8 of shape .*depth has one channel'),
    (compressed.read_depth, SimpleNamespace(format='16UC1; compressedDepth rvl', data=bytes(90)),
     'cannot be read: its size is 0x0'),
    (compressed.read_depth, SimpleNamespace(format='16UC1; compressedDepth', data=bytes(5)),
     'of 5 bytes')])
def test_a_compressed_image_of_another_kind_is_refused_with_its_format(reader, message, words):
    with pytest.raises(ImageError, match=words):
        reader(message)


def test_a_truncated_compressed_image_is_not_filled_with_grey():
    message = compressed_of(IMAGE, 'rgb8; jpeg compressed bgr8', '.jpg')
    message.data = message.data[:-40]
    with pytest.raises(ImageError, match='jpeg compressed bgr8" is truncated'):
        compressed.read_rgb(message)
