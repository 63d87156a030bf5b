# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every message that comes in ends in the store at the network's size, or is counted by reason."""

from types import SimpleNamespace

import intake_messages
from intake_messages import MS, READ, VGA, Lines, image_message, info_message, send, vga
import numpy as np
import pytest

from depth_distill_ros.encodings import camera
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder

# Fixtures: pytest looks for them in this file.
writer, clock, intake = intake_messages.writer, intake_messages.clock, intake_messages.intake


def test_a_frame_is_stored_at_the_stores_size_with_its_intrinsics_and_stamp(intake, writer):
    pixels, classes = vga()
    send(intake, 123, pixels, classes)
    found = writer.reader().read(0)
    view = View.fit((480, 640), (96, 128))
    np.testing.assert_array_equal(found.image, view.image(pixels))
    np.testing.assert_array_equal(found.semantics, view.labels(classes))
    assert found.intrinsics == VGA.resized((96, 128))
    assert found.stamp == 123


def test_the_sources_size_may_change_from_frame_to_frame(intake, writer):
    pixels, classes = vga()
    send(intake, 1, pixels, classes)
    pixels, _ = vga(1)
    wide = VGA.cropped(0, 0, 300, 640)
    send(intake, 2, pixels[:300], classes[:300], wide)
    assert writer.reader().keys() == range(2)
    assert writer.reader().read(1).intrinsics == wide.cropped(
        0, 120, 300, 400).resized((96, 128))


def test_rejections_are_counted_by_reason_and_the_next_frame_is_stored(
        intake, writer, monkeypatch):
    pixels, classes = vga()
    send(intake, 1, pixels, np.ascontiguousarray(classes[::2, ::2]))
    assert '240x320' in intake.last_rejection
    send(intake, 2, pixels, classes, VGA.resized((240, 320)))
    send(intake, 3, pixels, classes, encodings=('yuv9', 'mono8'))
    send(intake, 4, pixels, classes, encodings=('rgb8', '32FC1'))
    send(intake, 5, pixels, pixels, encodings=('rgb8', 'rgb8'))
    lens = info_message(VGA)
    lens.k = np.zeros(9)
    for topic, message in (('image', image_message(pixels, 'rgb8')),
                           ('semantics', image_message(classes, 'mono8')), ('camera_info', lens)):
        intake.add(topic, 6, message)
    send(intake, -1, pixels, classes)
    intake.add_labels('{')
    with monkeypatch.context() as patch:
        patch.setattr(writer, 'append', lambda *_: (_ for _ in ()).throw(
            DepthDistillError('odd')))
        send(intake, 7, pixels, classes)
    assert writer.stored == 0
    send(intake, 8, pixels, classes)
    assert intake.rejected == {'size': 2, 'image': 1, 'semantics': 2, 'intrinsics': 1, 'frame': 1,
                               'labels': 1, 'other': 1}
    values = intake.values()
    assert values['rejected'] == 9 and values['rejected.semantics'] == 2
    assert values['stored'] == 1 and values['last_rejection'] == 'odd'
    assert intake.warning() == ''


def test_the_counts_cover_the_way_from_message_to_store(intake):
    pixels, classes = vga()
    for number in range(5):
        intake.add('image', number, image_message(vga(number)[0], 'rgb8'))
        intake.add('camera_info', number, info_message(VGA))
        if number != 2:
            intake.add('semantics', number, image_message(classes, 'mono8'))
    intake.add('image', 4, image_message(pixels, 'rgb8'))
    values = intake.values()
    assert [values[f'received.{topic}'] for topic in READ] == [6, 4, 5]
    assert (values['paired'], values['unpaired'], values['duplicates']) == (4, 2, 1)
    assert (values['stored'], values['evicted'], values['store_frames']) == (4, 1, 3)
    assert values['rejected'] == values['resets'] == 0 and values['last_rejection'] == ''
    assert intake.warning() == ''


def test_values_handed_out_do_not_change_later(intake):
    before = intake.values()
    intake.add_labels('{')
    assert before['rejected'] == 0 and intake.values()['rejected'] == 1


def test_frames_above_the_highest_rate_are_thinned_by_their_stamps(intake):
    _, classes = vga()
    intake.max_rate = 20.0
    for number in range(20):  # one every 10 ms
        send(intake, number * 10 * MS, vga(number)[0], classes)
    assert intake.values()['stored'] == 4 and intake.values()['thinned'] == 16
    intake.max_rate = 0.0
    send(intake, 195 * MS, vga(20)[0], classes)
    assert intake.values()['stored'] == 5


def test_a_clock_that_jumped_back_thins_nothing(intake):
    pixels, classes = vga()
    intake.max_rate = 1.0
    send(intake, 100_000 * MS, pixels, classes)
    send(intake, 5 * MS, vga(1)[0], classes)
    values = intake.values()
    assert (values['stored'], values['thinned'], values['resets']) == (2, 0, 1)


def test_a_stream_without_classes_is_stored_with_unknown_ones(writer):
    intake = StreamIntake(
        writer, {topic: READ[topic] for topic in ('image', 'camera_info')}, None, Lines())
    pixels, _ = vga()
    intake.add('image', 3, image_message(pixels, 'rgb8'))
    intake.add('camera_info', 3, info_message(VGA))
    assert writer.stored == 1 and not writer.reader().read(0).semantics.any()


def test_an_image_of_another_shape_is_stored_as_the_view_shows_it(writer):
    intake = StreamIntake(writer, {topic: READ[topic] for topic in ('image', 'camera_info')}, None,
                          Lines(), view=View.pad)
    pixels, _ = vga()
    wide = Intrinsics(600.0, 600.0, 320.0, 120.0, 240, 640)
    intake.add('image', 3, image_message(pixels[:240], 'rgb8'))
    intake.add('camera_info', 3, info_message(wide))
    stored = writer.reader().read(0)
    assert stored.intrinsics.fx == pytest.approx(600.0 * stored.image.shape[1] / 640)
    # the bars repeat the first and the last row of the image
    assert np.array_equal(stored.image[0], stored.image[10])


def test_a_flood_of_large_images_without_partners_leaves_few_of_them_waiting(intake):
    large = SimpleNamespace(data=range(3840 * 2160 * 3))
    for stamp in range(100):
        intake.add('image', stamp * MS, large)
    assert intake.values()['unpaired'] == 95


def test_an_error_that_nobody_foresaw_costs_its_frame_and_the_next_is_stored(writer, clock):
    def read(message):
        if message.height == 7:
            raise OverflowError('cannot convert float infinity to integer')
        return camera.to_intrinsics(message)

    intake = StreamIntake(writer, {**READ, 'camera_info': read},
                          SemanticDecoder('ids', load()), Lines(), lambda: clock.now)
    pixels, classes = vga()
    intake.add('image', MS, image_message(pixels, 'rgb8'))
    intake.add('semantics', MS, image_message(classes, 'mono8'))
    intake.add('camera_info', MS, SimpleNamespace(height=7))
    assert intake.rejected.total() == 1 and 'unexpected OverflowError' in intake.last_rejection
    send(intake, 2 * MS, pixels, classes)
    assert writer.stored == 1


def test_a_camera_that_stands_still_under_noise_stores_one_frame_and_says_so(writer, intake):
    pixels, classes = vga()
    intake.min_difference = 2.0
    grain = np.random.default_rng(0).standard_normal((620, 640, 3))
    grain = (0.013 * 255 * grain).astype(np.int16)
    for number in range(120):
        noisy = np.clip(pixels + grain[number:number + 480], 0, 255)
        send(intake, number * 100 * MS, noisy.astype(np.uint8), classes)
    values = intake.values()
    assert (values['paired'], values['stored'], values['repeated']) == (120, 1, 119)
    assert 'the last 119 frames show what the store has already' in intake.warning()
    send(intake, 13_000 * MS, vga(1)[0], classes)
    assert writer.stored == 2 and intake.warning() == ''


def test_a_robot_that_stands_still_is_no_fault(writer):
    intake = StreamIntake(
        writer, {topic: READ[topic] for topic in ('image', 'camera_info')}, None, Lines())
    for number in range(150):
        intake.add('image', number, image_message(vga()[0], 'rgb8'))
        intake.add('camera_info', number, info_message(VGA))
    assert intake.values()['repeated'] == 149 and intake.warning() == ''


def test_a_burst_after_silence_adds_no_more_than_its_stamps_and_its_views_allow(intake):
    """A Fortress camera without a subscriber makes up for its silence: a frame each 0.01 s."""
    intake.min_difference = 2.0
    messages = [(image_message(vga(view)[0][::8, ::8].copy(), 'rgb8'),
                 image_message(vga()[1][::8, ::8].copy(), 'mono8')) for view in range(20)]
    small = info_message(VGA.resized((60, 80)))

    def burst(first):
        for number in range(first, first + 941):
            pixels, classes = messages[min(number - first, 940) // 50]
            for topic, message in (('image', pixels), ('semantics', classes),
                                   ('camera_info', small)):
                intake.add(topic, number * 10 * MS, message)
        return intake.values()

    values = burst(0)
    # 19 views, of which each is sent 50 times
    assert (values['stored'], values['repeated'], values['thinned']) == (19, 941 - 19, 0)
    intake.max_rate = 1.0
    before = values
    values = burst(2000)
    # 9.4 seconds at one frame a second; the store keeps three frames and has forgotten the others
    assert values['stored'] - before['stored'] == 10 and values['thinned'] == 941 - 10
    assert values['repeated'] == before['repeated'] and values['unpaired'] == 0


def test_frames_of_a_paused_simulator_have_one_stamp_and_are_stored_once(intake):
    pixels, classes = vga()
    for _ in range(5):
        send(intake, 700, pixels, classes)
    values = intake.values()
    assert (values['stored'], values['paired'], values['duplicates']) == (1, 1, 12)
