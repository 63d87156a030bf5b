# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames with Isaac Sim's ids wait for their labels, and are stored or lost with a line."""

import intake_messages
from intake_messages import MS, READ, Lines, labels, send, vga
import numpy as np

from depth_distill_ros.geometry.view import View
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder

# Fixtures: pytest looks for them in this file.
writer, clock, intake = intake_messages.writer, intake_messages.clock, intake_messages.intake
told = intake_messages.told


def test_a_frame_with_isaacs_ids_waits_for_its_labels_and_is_stored_with_their_classes(
        writer, clock, told):
    intake = StreamIntake(writer, READ, SemanticDecoder('auto', load()), Lines(),
                          lambda: clock.now, tell=lambda *what: told.append(what))
    pixels, classes = vga()
    intake.add_labels(labels(5, {0: 'wall', 1: 'chair'}))
    ids = (classes > 6).astype(np.int32)
    send(intake, 7, pixels, ids, encodings=('rgb8', '32SC1'))
    assert writer.stored == 0 and intake.values()['waiting_for_labels'] == 1
    intake.add_labels(labels(7, {0: 'wall', 1: 'chair'}))
    found = writer.reader().read(0)
    assert found.stamp == 7
    np.testing.assert_array_equal(
        found.semantics, View.fit((480, 640), (96, 128)).labels(
            np.where(ids == 1, 4, 12).astype(np.uint8)))
    send(intake, 9, pixels, ids, encodings=('rgb8', '32SC1'))
    clock.now += 10.0
    intake.tick(True)
    values = intake.values()
    assert (values['stored'], values['without_labels'], values['waiting_for_labels']) == (1, 1, 0)
    assert [reason for reason, _ in told] == ['', 'labels']
    assert 'the 2 labels that were received have other stamps' in told[1][1]


def test_frames_for_which_no_labels_were_ever_received_are_lost_with_the_cure(
        writer, clock, told):
    intake = StreamIntake(writer, READ, SemanticDecoder('isaac', load()), Lines(),
                          lambda: clock.now, tell=lambda *what: told.append(what))
    pixels, classes = vga()
    for stamp in (7, 9):
        send(intake, stamp, pixels, classes.astype(np.int32), encodings=('rgb8', '32SC1'))
    clock.now += 10.0
    intake.tick(False)
    assert told == [('labels', 'no labels were received for the frame on semantic_labels: set '
                     'enableSemanticLabels in Isaac Sim')] * 2
    assert intake.warning() == ''


def test_isaacs_frames_that_wait_are_dropped_at_a_reset(intake):
    pixels, classes = vga()
    intake.tick(True)
    send(intake, 5_000 * MS, pixels, classes.astype(np.int32), encodings=('rgb8', '32SC1'))
    assert intake.values()['waiting_for_labels'] == 1
    send(intake, 0, pixels, classes.astype(np.int32), encodings=('rgb8', '32SC1'))
    values = intake.values()
    assert (values['resets'], values['without_labels'], values['waiting_for_labels']) == (1, 1, 1)


def test_names_that_no_log_takes_are_written_as_escapes(writer, clock):
    intake = StreamIntake(writer, READ, SemanticDecoder('isaac', load()), Lines(),
                          lambda: clock.now)
    pixels, classes = vga()
    intake.add_labels(labels(MS, {number: 'wall' for number in range(12)} | {13: 'a\ud800b'}))
    classes[0, 0] = 13
    send(intake, MS, pixels, classes.astype(np.int32), encodings=('rgb8', '32SC1'))
    assert writer.stored == 1
    lines = [line for line in intake._log if 'class table' in line]
    assert len(lines) == 1 and 'a\\ud800b' in lines[0]
    lines[0].encode()
