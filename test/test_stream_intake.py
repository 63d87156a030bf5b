# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every message that comes in ends in the store at the network's size, or is counted by reason."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from depth_distill_ros.encodings import camera, image
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
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


def test_a_stream_without_classes_is_stored_with_unknown_ones(writer):
    intake = StreamIntake(
        writer, {topic: READ[topic] for topic in ('image', 'camera_info')}, None, Lines())
    pixels, _ = vga()
    intake.add('image', 3, image_message(pixels, 'rgb8'))
    intake.add('camera_info', 3, info_message(VGA))
    assert writer.stored == 1 and not writer.reader().read(0).semantics.any()


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


def test_topics_that_never_have_one_stamp_are_told(intake):
    pixels, classes = vga()
    for number in range(100):
        intake.add('image', 2 * number, image_message(pixels[:2, :2], 'rgb8'))
        intake.add('semantics', 2 * number + 1, image_message(classes[:2, :2], 'mono8'))
        intake.add('camera_info', 2 * number, info_message(VGA))
    assert 'never have one stamp (' in intake.warning()
    assert 'mostly for want of semantics' in intake.warning()


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


@pytest.fixture
def told():
    return []


@pytest.fixture
def telling(writer, told):
    """Return an intake whose accounts of each frame are in ``told``."""
    return StreamIntake(writer, READ, SemanticDecoder('ids', load()), Lines(),
                        tell=lambda reason, line: told.append((reason, line)))


def test_each_frame_is_told_as_stored_or_lost_with_its_reason(telling, told):
    pixels, classes = vga()
    send(telling, 1, pixels, classes)
    send(telling, 1, pixels, classes)  # the publisher repeats itself
    send(telling, 2, pixels, classes, encodings=('yuv9', 'mono8'))
    assert [reason for reason, _ in told] == ['', 'stamp', 'image']
    assert 'image repeats the stamp 0.000 s: its publisher must set header.stamp' in told[1][1]
    assert 'yuv9' in told[2][1]


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
