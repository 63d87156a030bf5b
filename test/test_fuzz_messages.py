# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages with random damage give a result or the package's own error, and nothing grows."""

import json
import tracemalloc
from types import SimpleNamespace

import cv2
from dataset_files import stored_depth
import numpy as np
import pytest
from test_datasets_bag_compressed import rvl_of

from depth_distill_ros.encodings import camera, compressed, image
from depth_distill_ros.encodings.camera_infos import CameraInfos
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream import class_table
from depth_distill_ros.stream.isaac_labels import parse
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder

ROUNDS = 250
MOST = 2**26  # bytes, of a message of a few kilobytes
ENCODINGS = (*image.PLAIN, *image.COLOUR, 'yuv9', '', '32FC3', 'rgb16', '8UC3', 'bayer_rggb8 ')
FORMATS = (
    'jpeg', 'png', '', ';', 'rgb8; jpeg compressed bgr8', 'rgb8; jpeg compressed rgb8',
    'bayer_gbrg8; png compressed ', '16UC1; png compressed ', '16UC1; compressedDepth png',
    '32FC1; compressedDepth', '32FC1; compressedDepth rvl', '16UC1; compressedDepth rvl',
    '32FC1; tiff compressed', 'h264', 'mono16; jpeg')
TIFF = b'II*\0'  # its floats are depth as it was sent
ODD = (0, 1, 2, 3, 255, 256, 65535, 2**15, 2**31 - 1, 2**32 - 1)
NUMBERS = (0.0, -1.0, 1.0, 1e-300, 1e300, 525.0, float('nan'), float('inf'), -float('inf'))


def any_of(random, choices):
    return choices[random.integers(len(choices))]


def tried(function, *arguments):
    """Return the result, or None if the package's own error was raised, with one line."""
    try:
        return function(*arguments)
    except DepthDistillError as error:
        assert str(error) and '\n' not in str(error)
        assert len(str(error)) < 1500
        return None


@pytest.fixture(autouse=True)
def bounded():
    """Let no test allocate more than MOST bytes in Python and numpy."""
    tracemalloc.start()
    yield
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < MOST


def mutated(data, random):
    """Return bytes with some changed, cut out, doubled, or cut off."""
    data = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at, length = int(random.integers(len(data) + 1)), int(random.integers(1, 200))
        kind = random.integers(5)
        if kind == 0:
            for place in random.integers(0, max(1, len(data)), 8):
                data[place:place + 1] = bytes([random.integers(256)])
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length]
        elif kind == 3:
            data[at:at + length] = bytes([any_of(random, [0, 255])]) * length
        elif len(data) > 100:
            del data[at:]
    return bytes(data)


@pytest.mark.parametrize('seed', range(2))
def test_images_with_random_fields(seed):
    random = np.random.default_rng(seed)
    read = 0
    for _ in range(ROUNDS):
        height, width = (int(any_of(random, [*ODD, 4, 6, 8, 17])) for _ in range(2))
        if random.random() < 0.7:
            height, width = (int(n) for n in random.integers(1, 24, 2))
        message = SimpleNamespace(
            encoding=str(any_of(random, ENCODINGS)), height=height, width=width,
            step=int(any_of(random, [*ODD, width, 3 * width, 4 * width, 3 * width + 5])),
            is_bigendian=int(any_of(random, [0, 1, 7])),
            data=random.bytes(int(any_of(random, [0, 1, 100, 4 * 24 * 24, 9000]))))
        for reader in (image.read_rgb, image.read_depth, image.read_array):
            found = tried(reader, message)
            if found is not None:
                read += 1
                assert found.shape[:2] == (height, width)
    assert read


@pytest.mark.parametrize('seed', range(2))
def test_compressed_images_with_random_damage(seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (60, 80, 3), np.uint8)
    pixels[20:40] = 128
    whole = [cv2.imencode('.jpg', pixels)[1], cv2.imencode('.png', pixels)[1],
             cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1],
             cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_RST_INTERVAL, 3])[1],
             cv2.imencode('.png', pixels[..., 0].astype(np.uint16) * 99)[1],
             cv2.imencode('.tiff', pixels[..., 0].astype(np.float32))[1]]
    for _ in range(ROUNDS):
        data = whole[random.integers(len(whole))].tobytes()
        if random.random() < 0.1:
            data = bytes(rvl_of(stored_depth(1), 0).data)
        elif random.random() < 0.3:
            data = random.bytes(12) + data
        data = mutated(data, random) if random.random() < 0.95 else random.bytes(300)
        message = SimpleNamespace(format=str(any_of(random, FORMATS)), data=data)
        colour = tried(compressed.read_rgb, message)
        assert colour is None or colour.dtype == np.uint8 and colour.shape[2:] == (3,)
        depth = tried(compressed.read_depth, message)
        assert depth is None or depth.dtype == np.float32 and depth.ndim == 2
        assert depth is None or TIFF in message.data[:99] or not (depth <= 0).any()
        labels = tried(compressed.read_labels, message)
        assert labels is None or labels[0].dtype in (np.uint8, np.uint16)
        assert compressed.kind_of(message) in ('colour', 'grey', 'depth')


def random_info(random):
    """Return a camera_info of which some numbers are nonsense."""
    good = Intrinsics(60.0, 61.0, 39.5, 29.5, 60, 80)

    def spoilt(values):
        values = np.array(values, float)
        for place in random.integers(0, max(1, len(values)), random.integers(0, 3)):
            values[place:place + 1] = any_of(random, NUMBERS)
        return values

    def odd(value):
        return int(any_of(random, ODD)) if random.random() < 0.1 else value

    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=odd(1), nanosec=odd(0))),
        height=odd(60), width=odd(80), binning_x=odd(0), binning_y=odd(0),
        distortion_model=str(any_of(
            random, ['plumb_bob', 'rational_polynomial', 'equidistant', '', 'fisheye'])),
        d=spoilt(random.normal(0, 0.1, any_of(random, [0, 1, 4, 5, 8, 12, 14, 30]))),
        k=spoilt(good.matrix().ravel()), r=spoilt(np.eye(3).ravel()),
        p=spoilt(np.hstack([good.matrix(), np.zeros((3, 1))]).ravel()),
        roi=SimpleNamespace(**{name: odd(0) for name in (
            'x_offset', 'y_offset', 'height', 'width')}))


@pytest.mark.parametrize('seed', range(2))
def test_camera_infos_with_random_numbers(seed):
    random, infos, found = np.random.default_rng(seed), CameraInfos(), 0
    pixels = np.zeros((60, 80, 3), np.uint8)
    for _ in range(ROUNDS):
        message = random_info(random)
        infos.add(message)
        tried(infos.choose, (60, 80), int(any_of(random, ODD)))
        intrinsics = tried(camera.to_intrinsics, message)
        if intrinsics is None:
            continue
        found += 1
        assert np.isfinite(intrinsics.matrix()).all()
        assert intrinsics.fx > 0.04 * intrinsics.width
        if tried(camera.check_size, message, (60, 80)) is not None:
            continue
        if intrinsics.size == (60, 80):
            rectifier = tried(camera.to_rectifier, message)
            if rectifier is not None:
                assert rectifier.image(pixels).shape == pixels.shape
    assert found > ROUNDS // 10


@pytest.mark.parametrize('seed', range(2))
def test_labels_and_semantics_with_random_damage(seed):
    random = np.random.default_rng(seed)
    decoder = SemanticDecoder('auto', class_table.load())
    for number in range(ROUNDS):
        stamp = int(any_of(random, ODD))
        entries = {str(any_of(random, [0, 1, 2, -1, '٣', 10**30, 'x', ''])): any_of(
            random, [{'class': 'chair'}, 'wall', 5, None, [], {'class': 7}]) for _ in range(5)}
        entries['time_stamp'] = any_of(
            random, [{'sec': stamp, 'nanosec': 5}, {'sec': -1}, {'sec': 1.5}, None, 'now', {}])
        text = json.dumps(entries)
        if random.random() < 0.5:
            text = mutated(text.encode(), random).decode('utf-8', 'replace')
        tried(parse, text)
        tried(decoder.add_labels, text, 0.01 * number)
        encoding = str(any_of(random, ENCODINGS))
        shape = (6, 8, 3) if encoding in ('rgb8', 'bgr8') else (6, 8)
        kind = any_of(random, [np.uint8, np.uint16, np.int32])
        ids = random.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, kind) \
            if random.random() < 0.5 else random.integers(0, 14, shape).astype(kind)
        for ready in decoder.add(stamp, encoding, 'frame', 0.01 * number):
            tried(decoder.decode, ids, encoding, ready.names)
        decoder.tick(bool(number % 2), 0.01 * number)
        assert decoder.join.waiting <= 90
    assert len(decoder.unknown) <= 100
