# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An intake with a small store, and messages for it, without ROS."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from depth_distill_ros.encodings import camera, image
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.store import StreamWriter

VGA = Intrinsics(525.0, 525.0, 319.5, 239.5, 480, 640)
READ = {'image': image.read_rgb, 'semantics': image.read_array,
        'camera_info': camera.to_intrinsics}
MS = 1_000_000


class Lines(list):
    """A log that is a list."""

    info = warning = list.append


@pytest.fixture
def writer(tmp_path):
    with StreamWriter(tmp_path, (96, 128), 3) as writer:
        yield writer


@pytest.fixture
def clock():
    return SimpleNamespace(now=100.0)


@pytest.fixture
def intake(writer, clock):
    return StreamIntake(writer, READ, SemanticDecoder('auto', load()), Lines(), lambda: clock.now)


@pytest.fixture
def told():
    return []


@pytest.fixture
def telling(writer, told):
    """Return an intake whose accounts of each frame are in ``told``."""
    return StreamIntake(writer, READ, SemanticDecoder('ids', load()), Lines(),
                        tell=lambda reason, line: told.append((reason, line)))


def vga(seed=0):
    """Return an image of large patches, another one for each seed, and a class map."""
    colours = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.repeat(np.repeat(colours, 80, axis=0), 80, axis=1), np.tile(
        np.arange(640, dtype=np.uint8) // 50, (480, 1))


def image_message(pixels, encoding):
    """Return what has the fields of a sensor_msgs/Image."""
    return SimpleNamespace(
        encoding=encoding, height=len(pixels), width=pixels.shape[1], is_bigendian=0,
        step=pixels[0].nbytes, data=pixels.tobytes())


def info_message(lens):
    """Return what has the fields of a sensor_msgs/CameraInfo."""
    return SimpleNamespace(
        height=lens.height, width=lens.width, binning_x=0, binning_y=0, k=lens.matrix().ravel(),
        roi=SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0))


def send(intake, stamp, pixels, classes, lens=VGA, encodings=('rgb8', 'mono8')):
    """Give the intake the three messages of one frame."""
    intake.add('image', stamp, image_message(pixels, encodings[0]))
    intake.add('semantics', stamp, image_message(classes, encodings[1]))
    intake.add('camera_info', stamp, info_message(lens))


def labels(stamp, names):
    return json.dumps({**{str(n): {'class': name} for n, name in names.items()},
                       'time_stamp': {'sec': 0, 'nanosec': stamp}})
