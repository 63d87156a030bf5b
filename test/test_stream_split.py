# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Held-out frames are apart from training frames by content, whatever path the camera takes."""

import lmdb
from looping_camera import NOISE, SIZE, Wall, alike
import numpy as np
import pytest
from stream_frames import fill, python

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.stream import contents
from depth_distill_ros.stream.sampler import StreamEmpty, StreamSampler
from depth_distill_ros.stream.signature import signature
from depth_distill_ros.stream.split import LIKE, Part, by_number
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_reader import StreamReader

MIN_DIFFERENCE = 2.0
# Correlation of all pixels: of the same view with noise it is 0.9997 and more.
NEARLY_THE_SAME = 0.985


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Leave out the sync of each frame, which matters to a loss of power alone."""
    opened = lmdb.open
    monkeypatch.setattr(lmdb, 'open', lambda path, **how: opened(path, **how | {'sync': False}))


def difference(one, other):
    return np.abs(signature(one).astype(float) - signature(other)).mean()


def split(reader):
    """Return the stored images by what they are used for."""
    with reader.snapshot() as frames:
        parts = dict(zip(frames.keys(), frames.parts().tolist(), strict=True))
        return {part: [frames.read(key).image for key, its in parts.items() if its == part]
                for part in Part}


def assert_apart(training, held_out):
    assert len(training) >= 50 and len(held_out) >= 10
    assert alike(training, held_out).max() < NEARLY_THE_SAME


def test_by_number_runs_of_32_in_256_are_held_out():
    parts = by_number(np.arange(1024))
    held_out = np.flatnonzero(parts == Part.HELD_OUT)
    assert held_out.tolist() == [start + i for start in range(0, 1024, 256) for i in range(32)]
    assert (np.delete(parts, held_out) == Part.TRAINING).all()


def test_noise_flicker_and_exposure_differ_less_than_a_step_of_the_camera():
    wall = Wall()
    image = wall.image((400, 200))
    assert difference(image, image) == 0.0
    for other in (wall.image((400, 200), NOISE), np.clip(image + 3.0, 0, 255).astype(np.uint8),
                  np.clip(image * 0.9, 0, 255).astype(np.uint8)):
        assert 0.0 < difference(image, other) < MIN_DIFFERENCE
    assert difference(image, wall.image((404, 200))) > MIN_DIFFERENCE
    assert difference(image, wall.image((900, 100))) > LIKE


def test_of_a_looping_camera_each_view_is_stored_once_and_no_view_is_on_both_sides(tmp_path):
    wall = Wall()
    with StreamWriter(tmp_path, SIZE, 2000) as writer:
        keys = [writer.append(wall.frame(place, NOISE), MIN_DIFFERENCE)
                for _ in range(2) for place in wall.loop(240) for _ in range(2)]
        stored = [key for key in keys if key is not None]
        assert stored == list(range(240)) and len(keys) == 960
        images = split(writer.reader())
    assert_apart(images[Part.TRAINING], images[Part.HELD_OUT])
    everything = sum(images.values(), [])
    likeness = alike(everything, everything)
    np.fill_diagonal(likeness, 0.0)
    assert likeness.max() < 0.999, 'all stored frames are different'


@pytest.mark.parametrize('capacity', [2000, 200])
def test_laps_that_nearly_repeat_are_split_by_content_and_what_was_evicted_counts(
        tmp_path, capacity):
    wall = Wall(1)
    trained, judged = {}, {}
    with StreamWriter(tmp_path, SIZE, capacity) as writer:
        reader = writer.reader()
        for _ in range(4):
            for place in wall.loop(240, jitter=3.0):
                frame = wall.frame(place, NOISE)
                key = writer.append(frame)
                with reader.snapshot() as frames:
                    part = frames.parts()[key - frames.keys().start]
                {Part.TRAINING: trained, Part.HELD_OUT: judged}.get(part, {})[key] = frame.image
        last = split(reader)
        assert len(reader) == min(capacity, 960)
    assert_apart(list(trained.values()), list(judged.values()))
    # An eighth is held out, lap after lap, and most of the rest is trained on.
    assert 0.08 < len(judged) / 960 < 0.16 and len(trained) > 600
    assert last[Part.HELD_OUT] and last[Part.TRAINING]


def test_the_draws_use_each_part_for_its_own_purpose(tmp_path):
    wall = Wall(2)
    with StreamWriter(tmp_path, SIZE, 2000) as writer:
        for _ in range(2):
            for place in wall.loop(160, jitter=3.0):
                writer.append(wall.frame(place, NOISE))
        reader = writer.reader()
        with reader.snapshot() as frames:
            parts = frames.parts()
        sampler = StreamSampler(reader, 8, 0)
        drawn = {key for _ in range(300) for key in sampler.draw().keys.tolist()}
        held_out = set(sampler.held_out(1000).keys.tolist())
        assert drawn == set(np.flatnonzero(parts == Part.TRAINING))
        assert sampler.training_frames() == len(drawn)
        assert held_out == set(np.flatnonzero(parts == Part.HELD_OUT))
        assert {key for number in range(40)
                for key in sampler.draw_held_out(number).keys} <= held_out
    spare = set(range(320)) - drawn - held_out
    assert spare, 'what is like both, or like the other part, is not used'
    for name, keys in (('train', drawn), ('held-out', held_out)):
        found = open_reader(f'store:{tmp_path},split={name}')
        assert {int(found[i].name) for i in range(len(found))} == keys


def test_a_camera_that_stays_where_it_was_trained_gets_new_held_out_frames(tmp_path):
    wall = Wall(3)
    here = wall.loop(200)[40:80]
    with StreamWriter(tmp_path, SIZE, 100) as writer:
        reader = writer.reader()
        for place in wall.loop(40):
            writer.append(wall.frame(place))
        for lap in range(13):
            for place in here + lap % 3:
                writer.append(wall.frame(place))
        assert len(reader) == 100
        images = split(reader)
    assert len(images[Part.HELD_OUT]) > 10, 'key 512 begins a run'
    assert not images[Part.TRAINING] or alike(
        images[Part.TRAINING], images[Part.HELD_OUT]).max() < NEARLY_THE_SAME


def test_a_camera_that_stands_still_is_told_as_the_reason_for_too_few_training_frames(tmp_path):
    wall = Wall()
    with StreamWriter(tmp_path, SIZE, 100) as writer:
        for _ in range(80):
            writer.append(wall.frame((300, 200), NOISE))
        with pytest.raises(StreamEmpty, match='0 training frames and 32 held-out ones, and 48 that'
                           '.*see that its camera moves'):
            StreamSampler(writer.reader(), 8, 0).draw()


def test_what_is_stored_is_known_again_after_a_restart(tmp_path):
    whole, parts = [tmp_path / name for name in ('whole', 'parts')]
    for path, restarts in ((whole, False), (parts, True)):
        wall = Wall(4)
        writer = StreamWriter(path, SIZE, 150)
        for place in [*wall.loop(100, 3.0), *wall.loop(100, 3.0), *wall.loop(100)]:
            writer.append(wall.frame(place, NOISE), MIN_DIFFERENCE)
            if restarts and wall.taken % 50 == 0:
                writer.close()
                writer = StreamWriter(path, SIZE, 150)
        writer.close()
    with StreamReader(whole) as one, StreamReader(parts) as other:
        with one.snapshot() as first, other.snapshot() as second:
            assert first.keys() == second.keys()
            np.testing.assert_array_equal(first.parts(), second.parts())


def test_only_so_many_signatures_are_remembered_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, 'CHUNK', 16)
    wall = Wall(5)
    with StreamWriter(tmp_path, SIZE, 20) as writer:
        writer._contents = contents.Contents(writer._env, remembered=40)
        for place in wall.loop(100):
            writer.append(wall.frame(place))
        assert writer.append(wall.frame(wall.loop(100)[99]), MIN_DIFFERENCE) is None
        assert writer.append(wall.frame(wall.loop(100)[50]), MIN_DIFFERENCE) == 100
        with writer._env.begin() as txn:
            counts = [txn.stat(writer._env.open_db(name, txn=txn))['entries']
                      for name in (contents.SIGNATURES, contents.PARTS)]
        assert counts == [40, 4], 'keys 61 to 100 in chunks of 16'
        with writer.reader().snapshot() as frames:
            assert frames.keys() == range(81, 101) and frames.parts().all()


def without_contents(path):
    """Make the store one that an earlier version has written."""
    with lmdb.open(str(path), map_size=0, max_dbs=3) as env, env.begin(write=True) as txn:
        for name in (contents.SIGNATURES, contents.PARTS):
            txn.drop(env.open_db(name, txn=txn))


def test_a_store_of_an_earlier_version_is_split_by_number_and_gives_the_same_draws(tmp_path):
    fill(tmp_path, 700, 600, SIZE)
    without_contents(tmp_path)
    with StreamReader(tmp_path) as reader:
        with reader.snapshot() as frames:
            np.testing.assert_array_equal(frames.parts(), by_number(np.arange(100, 700)))
        # As the earlier version drew: a number of the training frames since the first ever.
        random = np.random.Generator(np.random.PCG64(7))
        training = np.flatnonzero(by_number(np.arange(700)) == Part.TRAINING)
        first = int((training < 100).sum())
        expected = [training[random.integers(first, len(training))] for _ in range(24)]
        sampler = StreamSampler(reader, 8, 7)
        assert [key for _ in range(3) for key in sampler.draw().keys] == expected


def test_a_store_of_an_earlier_version_goes_on_with_frames_that_are_split_by_content(tmp_path):
    wall = Wall(6)
    with StreamWriter(tmp_path, SIZE, 2000) as writer:
        for place in wall.loop(100):
            writer.append(wall.frame(place))
    without_contents(tmp_path)
    with StreamReader(tmp_path) as reader:
        assert len(reader) == 100
        code = ('import sys; from looping_camera import *;'
                'from depth_distill_ros.stream.store import StreamWriter;'
                'wall = Wall(6); writer = StreamWriter(sys.argv[1], SIZE, 2000);'
                '[writer.append(wall.frame(p, NOISE), 2.0)'
                ' for _ in range(2) for p in wall.loop(200)]; writer.close()')

        process = python(code, tmp_path)
        assert process.communicate() == ('', '') and process.returncode == 0
        with reader.snapshot() as frames:
            assert frames.keys() == range(300), 'the second lap is known'
            parts = frames.parts()
        np.testing.assert_array_equal(parts[:100], by_number(np.arange(100)))
        assert Part.HELD_OUT in parts[256:288] and Part.TRAINING not in parts[256:288]
