# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A compressed image is read if it is there as a whole, and refused if a part is missing."""

import struct
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from depth_distill_ros.encodings import compressed
from depth_distill_ros.encodings.image import ImageError

V, U = np.mgrid[:240, :320]
IMAGE = np.stack([40 + U // 2, 220 - V // 2, 60 + V // 4 + U // 4], 2).astype(np.uint8)
IMAGE[40:] += np.random.default_rng(0).integers(0, 30, (200, 320, 3), np.uint8)
GREY = np.full((96, 128, 3), 128, np.uint8)
JPEGS = {
    'baseline': [], 'progressive': [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    'restarts': [cv2.IMWRITE_JPEG_RST_INTERVAL, 4], 'optimised': [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    'full chroma': [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]}


def jpeg_of(kind='baseline', image=IMAGE):
    return cv2.imencode('.jpg', image[..., ::-1], JPEGS[kind])[1].tobytes()


def png_of(image=IMAGE):
    return cv2.imencode('.png', image[..., ::-1])[1].tobytes()


def read(data, form='jpeg'):
    return compressed.read_rgb(SimpleNamespace(format=form, data=data))


def standard(data):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize('after', [
    bytes(9000), b'\xff' * 5000, b'\xff\xd8' + bytes(range(256)) * 40, b'MotionPhoto_Data' * 999],
    ids=['zeros', 'ones', 'another beginning', 'a film'])
@pytest.mark.parametrize('whole', [jpeg_of(), jpeg_of('progressive'), png_of()],
                         ids=['jpeg', 'progressive', 'png'])
def test_what_follows_the_end_belongs_to_no_image(whole, after):
    np.testing.assert_array_equal(read(whole + after), standard(whole))


@pytest.mark.parametrize('kind', sorted(set(JPEGS) - {'progressive'}))
def test_a_whole_jpeg_is_read_even_without_its_end_marker(kind):
    data = jpeg_of(kind)
    for variant in (data, data[:-2], data[:-2] + b'\xff\xff\xff\xd9', data[:-2] + bytes(999),
                    data[:-2] + bytes(99) + data[-2:]):
        np.testing.assert_array_equal(read(variant), standard(data))


@pytest.mark.parametrize('kind', JPEGS)
@pytest.mark.parametrize('first, last', [(0.4, 0.6), (0.5, 0.9), (0.9, 0.99), (0.3, 0.8)])
def test_a_jpeg_with_its_middle_missing_is_refused(kind, first, last):
    data = jpeg_of(kind)
    data = data[:int(first * len(data))] + data[int(last * len(data)):]
    with pytest.raises(ImageError, match='"jpeg" is damaged .*copy or send it again'):
        read(data)


@pytest.mark.parametrize('kind', ['baseline', 'restarts', 'full chroma'])
@pytest.mark.parametrize('value', [0, 255])
def test_a_jpeg_whose_middle_was_erased_is_refused(kind, value):
    data = jpeg_of(kind)
    first, last = len(data) // 3, len(data) // 2
    with pytest.raises(ImageError, match='damaged'):
        read(data[:last] + bytes(len(data) - last - 2) + data[-2:])
    with pytest.raises(ImageError, match='damaged|truncated'):
        read(data[:first] + bytes([value]) * (last - first) + data[last:])


def test_a_flat_image_whose_data_are_zeros_is_whole():
    for kind in JPEGS:
        for grey in (0, 77, 255):
            flat = np.full((480, 640, 3), grey, np.uint8)
            assert np.ptp(read(jpeg_of(kind, flat))) == 0


def test_a_progressive_jpeg_is_whole_only_with_its_end():
    # what its last scan lacks may change no pixel enough to be seen
    data = jpeg_of('progressive')
    for count in (len(data) - 2, len(data) - 3, len(data) - 20):
        with pytest.raises(ImageError, match=f'truncated after {count} bytes'):
            read(data[:count])
    with pytest.raises(ImageError, match='truncated'):
        read(data[:-2] + bytes(999))


def test_a_mosaic_of_floats_is_refused():
    tiff = cv2.imencode('.tiff', IMAGE[..., 0].astype(np.float32))[1].tobytes()
    with pytest.raises(ImageError, match='bayer_gbrg8 holds float32: a mosaic has 8 or 16 bits'):
        read(tiff, 'bayer_gbrg8; png compressed ')


@pytest.mark.parametrize('form', ['h264', 'bgr8; hevc', 'x265'])
def test_a_piece_of_a_video_is_told_from_a_damaged_image(form):
    words = 'is a piece of a video' if form != 'x265' else 'is damaged or no image'
    with pytest.raises(ImageError, match=words):
        read(b'\0\0\0\1' + bytes(range(200)), form)


@pytest.mark.parametrize('kind', JPEGS)
@pytest.mark.parametrize('share', [0.5, 0.9, 0.98])
def test_a_jpeg_that_ends_early_is_refused(kind, share):
    data = jpeg_of(kind)
    count = int(share * len(data))
    with pytest.raises(ImageError, match=f'"jpeg" is truncated after {count} bytes'):
        read(data[:count])


def test_an_image_that_is_grey_itself_is_whole():
    for kind in JPEGS:
        np.testing.assert_array_equal(read(jpeg_of(kind, GREY)), GREY)
    half = IMAGE.copy()
    half[60:] = 128
    assert np.abs(read(jpeg_of('baseline', half)).astype(int) - standard(jpeg_of(
        'baseline', half))).max() == 0
    one_channel = cv2.imencode('.jpg', GREY[..., 0])[1].tobytes()
    np.testing.assert_array_equal(read(one_channel, 'mono8; jpeg compressed '), GREY)


def test_a_grey_jpeg_with_its_middle_missing_is_refused():
    data = cv2.imencode('.jpg', IMAGE[..., 0])[1].tobytes()
    with pytest.raises(ImageError, match='damaged'):
        read(data[:len(data) // 2] + data[-200:], 'mono8; jpeg compressed ')


@pytest.mark.parametrize('damage, words', [
    (lambda data: data[:len(data) // 2] + data[len(data) // 2 + 100:], 'is (damaged|truncated)'),
    (lambda data: data[:900] + bytes(50) + data[950:], 'the checksum of IDAT is wrong'),
    (lambda data: data[:-12], 'is truncated after'),
    (lambda data: data[:16] + b'\0\0\1\0\0\0\1\0' + data[24:], 'the checksum of IHDR is wrong')])
def test_a_damaged_png_is_refused(damage, words):
    with pytest.raises(ImageError, match=words):
        read(damage(png_of()), 'png')


def test_a_header_of_an_enormous_image_allocates_nothing():
    data = jpeg_of()
    at = data.index(b'\xff\xc0') + 5
    with pytest.raises(ImageError, match='of 65000x65000 pixels .* more than 67,108,864'):
        read(data[:at] + b'\xfd\xe8\xfd\xe8' + data[at + 4:])


@pytest.mark.parametrize('form', [
    'rgb8; jpeg compressed rgb8', 'bgr8; jpeg compressed rgb8', 'rgba8; jpeg compressed rgb8'])
def test_channels_that_were_compressed_as_rgb_are_taken_as_image_transport_takes_them(form):
    # its encoder writes the three channels as if they were blue, green, red
    data = cv2.imencode('.jpg', IMAGE)[1].tobytes()
    found = read(data, form)
    assert np.abs(found.astype(int) - IMAGE)[:20].max() < 12
    np.testing.assert_array_equal(found, standard(data)[..., ::-1])


def read_depth(data, form):
    return compressed.read_depth(SimpleNamespace(format=form, data=data))


def test_depth_that_is_written_is_read_within_its_steps_and_what_is_invalid_stays_so():
    metres = np.geomspace(0.2, 60.0, 2400).reshape(40, 60).astype(np.float32)
    metres[0, :4] = [np.nan, np.inf, -1.0, 80.0]
    form, data = compressed.write_depth(metres, '32FC1')
    assert form == '32FC1; compressedDepth png'
    found = read_depth(data, form)
    assert np.isnan(found[0, :4]).all()
    for farthest, error in ((5.0, 0.003), (10.0, 0.01), (30.0, 0.1)):
        near = metres < farthest
        near[0, :4] = False
        assert np.abs(found - metres)[near].max() < error


def test_depth_is_written_as_image_transport_s_plugin_writes_it():
    # scale / metres + offset, cut off, with 100 * 101 and 1 - 10100 / 65 in the header
    form, data = compressed.write_depth(np.full((2, 2), 2.0, np.float32), '32FC1')
    kind, scale, offset = struct.unpack_from('<iff', data)
    assert (kind, scale) == (0, 10100.0) and offset == pytest.approx(1 - 10100 / 65)
    stored = cv2.imdecode(np.frombuffer(data[12:], np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16 and np.unique(stored).tolist() == [int(5050 + offset)]


def test_millimetres_are_written_as_they_are():
    pixels = np.arange(24, dtype=np.uint16).reshape(4, 6) * 1000
    form, data = compressed.write_depth(pixels, '16UC1')
    assert form == '16UC1; compressedDepth png'
    np.testing.assert_allclose(np.nan_to_num(read_depth(data, form)), pixels / 1e3, rtol=1e-6)


@pytest.mark.parametrize('form, data', [
    ('png', cv2.imencode('.png', np.full((4, 4), 1500, np.uint16))[1].tobytes()),
    ('16UC1; compressedDepth png', bytes(12) + cv2.imencode(
        '.png', np.full((4, 4), 1500, np.uint16))[1].tobytes()),
    ('32FC1; compressedDepth', bytes(40))])
def test_depth_is_no_colour_image_whatever_its_format_says(form, data):
    with pytest.raises(ImageError, match='holds depth, not a colour image'):
        read(data, form)
