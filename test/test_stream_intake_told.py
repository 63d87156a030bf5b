# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of a stream: each frame, topics that do not come together, and the log."""

import intake_messages
from intake_messages import MS, READ, VGA, Lines, image_message, info_message, send, vga
import numpy as np

from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder

# Fixtures: pytest looks for them in this file.
writer, clock, intake = intake_messages.writer, intake_messages.clock, intake_messages.intake
told, telling = intake_messages.told, intake_messages.telling


def test_each_frame_is_told_as_stored_or_lost_with_its_reason(telling, told):
    pixels, classes = vga()
    send(telling, 1, pixels, classes)
    send(telling, 1, pixels, classes)  # the publisher repeats itself
    send(telling, 2, pixels, classes, encodings=('yuv9', 'mono8'))
    assert [reason for reason, _ in told] == ['', 'stamp', 'image']
    assert 'image repeats the stamp 0.000 s: its publisher must set header.stamp' in told[1][1]
    assert 'yuv9' in told[2][1]


def test_topics_that_never_have_one_stamp_are_told(intake):
    pixels, classes = vga()
    for number in range(100):
        intake.add('image', 2 * number, image_message(pixels[:2, :2], 'rgb8'))
        intake.add('semantics', 2 * number + 1, image_message(classes[:2, :2], 'mono8'))
        intake.add('camera_info', 2 * number, info_message(VGA))
    assert 'never have one stamp (' in intake.warning()
    assert 'mostly for want of semantics' in intake.warning()


def test_a_topic_that_drifts_off_after_a_good_start_is_told(telling, told):
    pixels, classes = vga()
    for number in range(10):
        send(telling, number * MS, pixels, classes)
    for number in range(10, 110):
        telling.add('image', number * MS, image_message(pixels, 'rgb8'))
        telling.add('semantics', number * MS, image_message(classes, 'mono8'))
        telling.add('camera_info', number * MS + 1, info_message(VGA))
        if number == 40:
            assert 'have no common stamp now' in telling.warning()
    reasons = [reason for reason, _ in told]
    assert reasons[:10] == [''] * 10 and set(reasons[10:]) == {'unpaired'} and len(reasons) > 60
    assert 'for want of camera_info' in told[-1][1]


def test_of_a_topic_that_is_faster_the_rest_is_no_loss(telling, told):
    pixels, classes = vga()
    for number in range(60):
        telling.add('image', number * MS, image_message(pixels, 'rgb8'))
        telling.add('camera_info', number * MS, info_message(VGA))
        if number % 3 == 0:
            telling.add('semantics', number * MS, image_message(classes, 'mono8'))
    assert [reason for reason, _ in told] == [''] * 20 and telling.warning() == ''


def test_the_log_names_the_kind_once_each_unknown_class_once_and_rejections_now_and_then(
        writer, clock):
    log = Lines()
    intake = StreamIntake(writer, READ, SemanticDecoder('auto', load()), log, lambda: clock.now)
    pixels, classes = vga()
    for number in range(3):
        send(intake, number, pixels, np.full_like(classes, 200))
    assert len(log) == 2 and log[0].startswith('semantics: ids:')
    assert log[1].startswith('the class table lacks id 200:')
    log.clear()
    for number in range(3, 6):
        send(intake, number, pixels, classes, encodings=('rgb8', '32FC1'))
        clock.now += 0.4
    send(intake, 6, pixels, classes, encodings=('rgb8', '32FC1'))
    assert len(log) == 2 and all('32FC1' in line and 'semantics' in line for line in log)
