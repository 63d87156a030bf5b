# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every pair that comes in is stored at the network's size or counted with its reason."""

import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import FrameError
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.pairing import StampPairer
from depth_distill_ros.stream.semantics import label_ids
from depth_distill_ros.stream.store import StreamWriter

VGA = Intrinsics(525.0, 525.0, 319.5, 239.5, 480, 640)


@pytest.fixture
def writer(tmp_path):
    with StreamWriter(tmp_path, (96, 128), 3) as writer:
        yield writer


def vga(seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (480, 640, 3), np.uint8), np.tile(
        np.arange(640, dtype=np.uint8) // 50, (480, 1))


def test_a_frame_is_stored_at_the_stores_size_with_its_intrinsics_and_stamp(writer):
    intake = StreamIntake(writer)
    image, semantics = vga()
    key = intake.add(image, semantics, VGA, 123)
    found = writer.reader().read(key)
    view = View.fit((480, 640), (96, 128))
    np.testing.assert_array_equal(found.image, view.image(image))
    np.testing.assert_array_equal(found.semantics, view.labels(semantics))
    assert found.intrinsics == VGA.resized((96, 128))
    assert found.stamp == 123


def test_the_sources_size_may_change_from_frame_to_frame(writer):
    intake = StreamIntake(writer)
    image, semantics = vga()
    assert intake.add(image, semantics, VGA, 1) == 0
    wide = VGA.cropped(0, 0, 300, 640)
    assert intake.add(image[:300], semantics[:300], wide, 2) == 1
    assert writer.reader().read(1).intrinsics == wide.cropped(
        0, 120, 300, 400).resized((96, 128))


def test_rejections_are_counted_by_reason_and_the_next_frame_is_stored(writer):
    intake = StreamIntake(writer)
    image, semantics = vga()
    assert intake.add(image, semantics[::2, ::2], VGA, 1) is None
    assert '240x320' in intake.counters().last_error
    assert intake.add(image, semantics, VGA.resized((240, 320)), 1) is None
    assert intake.add(image[..., 0], semantics, VGA, 1) is None
    for error in (GeometryError('fx is 0'), FrameError('no'), DepthDistillError('odd')):
        intake.reject(error)
    try:
        label_ids(semantics, 'rgb8')
    except DepthDistillError as error:
        intake.reject(error)
    intake.reject(DepthDistillError('the data are truncated'), 'truncated')
    assert intake.add(image, semantics, VGA, 1) == 0
    counters = intake.counters()
    assert counters.rejected == {
        'size': 2, 'frame': 2, 'intrinsics': 1, 'other': 1, 'semantics': 1, 'truncated': 1}
    assert counters.last_error == 'the data are truncated'
    assert counters.stored == 1


def test_the_account_covers_the_way_from_message_to_store(writer):
    intake = StreamIntake(writer)
    pairer = StampPairer(('image', 'semantics'))
    image, semantics = vga()
    for number in range(5):
        pairer.add('image', number, image)
        if number != 2:
            full = pairer.add('semantics', number, semantics)
            intake.add(full['image'], full['semantics'], VGA, number)
    pairer.add('image', 4, image)
    counters = intake.counters(pairer)
    assert counters.received == {'image': 6, 'semantics': 4}
    assert (counters.paired, counters.unpaired, counters.duplicates) == (4, 1, 1)
    assert (counters.stored, counters.evicted, counters.resets) == (4, 1, 0)
    assert counters.rejected == {} and counters.last_error == ''


def test_counters_handed_out_do_not_change_later(writer):
    intake = StreamIntake(writer)
    before = intake.counters()
    intake.reject(DepthDistillError('x'))
    assert before.rejected == {}
