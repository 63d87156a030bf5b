# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches are drawn evenly, reproducibly, and never from what is held out."""

import json
import shutil

import numpy as np
import pytest
from stream_frames import assert_same, damage, fill, frame

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.sampler import StreamEmpty, StreamSampler
from depth_distill_ros.stream.split import Part, by_number
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError
from depth_distill_ros.stream.store_reader import StreamReader

SIZE = (12, 16)


def is_held_out(key):
    return by_number(np.array([key]))[0] == Part.HELD_OUT


@pytest.fixture(scope='module')
def stored(tmp_path_factory):
    """Frames 100 .. 699, of which 256 .. 287 and 512 .. 543 are held out."""
    path = tmp_path_factory.mktemp('store')
    fill(path, 700, 600, SIZE)
    return path


@pytest.fixture
def reader(stored):
    with StreamReader(stored) as reader:
        yield reader


def test_runs_of_32_in_256_are_held_out():
    held_out = [key for key in range(1024) if is_held_out(key)]
    assert held_out == [start + i for start in range(0, 1024, 256) for i in range(32)]


def test_a_batch_holds_the_frames_of_its_keys(reader):
    batch = StreamSampler(reader, 5, 1).draw()
    assert batch.images.shape == (5, *SIZE, 3) and batch.images.dtype == np.uint8
    assert batch.semantics.shape == (5, *SIZE) and batch.semantics.dtype == np.uint8
    for key, image, semantics in zip(batch.keys, batch.images, batch.semantics, strict=True):
        expected = frame(key, SIZE)
        np.testing.assert_array_equal(image, expected.image)
        np.testing.assert_array_equal(semantics, expected.semantics)


def test_draws_are_uniform_over_all_frames_but_the_held_out(reader):
    sampler = StreamSampler(reader, 50, 2)
    keys = np.concatenate([sampler.draw().keys for _ in range(400)])
    expected = [key for key in range(100, 700) if not is_held_out(key)]
    found, counts = np.unique(keys, return_counts=True)
    assert found.tolist() == expected
    # Chi-square with 535 degrees of freedom: mean 535, standard deviation 33.
    mean = len(keys) / len(expected)
    assert ((counts - mean) ** 2 / mean).sum() < 535 + 4 * 33


def test_the_seed_decides_the_batches(reader):
    one, same, other = (StreamSampler(reader, 8, seed) for seed in (5, 5, 6))
    for _ in range(3):
        keys = one.draw().keys.tolist()
        assert same.draw().keys.tolist() == keys
        assert other.draw().keys.tolist() != keys


def test_a_state_that_went_through_json_goes_on_with_the_very_same_draws(reader):
    sampler = StreamSampler(reader, 7, 3)
    sampler.draw()
    state = json.loads(json.dumps(sampler.state_dict()))
    expected = [sampler.draw().keys.tolist() for _ in range(5)]
    resumed = StreamSampler(reader, 7, 99)
    resumed.load_state_dict(state)
    assert [resumed.draw().keys.tolist() for _ in range(5)] == expected


def test_held_out_frames_are_drawn_at_random_and_are_never_trained_on(reader):
    sampler = StreamSampler(reader, 8, 5)
    held_out = {key for number in range(20)
                for key in sampler.draw_held_out(number).keys.tolist()}
    trained = {key for _ in range(40) for key in sampler.draw().keys.tolist()}
    assert len(held_out) > 20 and all(map(is_held_out, held_out)) and not held_out & trained


def test_a_state_is_not_changed_by_later_draws(reader):
    sampler = StreamSampler(reader, 7, 3)
    state = sampler.state_dict()
    before = json.dumps(state)
    sampler.draw()
    assert json.dumps(state) == before


@pytest.mark.parametrize('state', [{}, {'random': {}, 'corrupt': 0}, {'random': 3}])
def test_something_else_than_a_state_is_refused(reader, state):
    with pytest.raises(DepthDistillError, match='not a state of a sampler'):
        StreamSampler(reader, 7, 3).load_state_dict(state)


def test_a_batch_keeps_its_content_when_the_next_is_drawn(reader):
    sampler = StreamSampler(reader, 8, 3)
    first = sampler.draw()
    before = first.images.copy()
    sampler.draw()
    np.testing.assert_array_equal(first.images, before)


def test_a_store_with_too_few_training_frames_reports_how_many_it_has(tmp_path):
    with StreamWriter(tmp_path, SIZE, 100) as writer:
        sampler = StreamSampler(writer.reader(), 8, 0)
        with pytest.raises(StreamEmpty, match='0 training frames and 0 held-out'):
            sampler.draw()
        for number in range(39):
            writer.append(frame(number, SIZE))
        with pytest.raises(StreamEmpty, match='7 training frames and 32 held-out.* needs 8'):
            sampler.draw()
        writer.append(frame(39, SIZE))
        assert set(sampler.draw().keys.tolist()) <= set(range(32, 40))


def test_damaged_records_are_skipped_and_counted(stored, tmp_path):
    shutil.copytree(stored, tmp_path / 'copy')
    for key in range(300, 500):
        damage(tmp_path / 'copy', key)
    with StreamReader(tmp_path / 'copy') as reader:
        sampler = StreamSampler(reader, 40, 0)
        keys = np.concatenate([sampler.draw().keys for _ in range(5)])
    assert len(keys) == 200 and not set(keys.tolist()) & set(range(300, 500))
    assert 60 < sampler.corrupt < 200


def test_a_store_with_nothing_undamaged_is_an_error_and_no_endless_search(tmp_path):
    fill(tmp_path, 42, 42, SIZE)
    for key in range(42):
        damage(tmp_path, key)
    with StreamReader(tmp_path) as reader:
        sampler = StreamSampler(reader, 4, 0)
        with pytest.raises(StoreError, match='hardly any undamaged'):
            sampler.draw()
        with pytest.raises(StreamEmpty, match='no held-out'):
            sampler.held_out(5)


def test_held_out_frames_are_spread_evenly_and_always_the_same(reader):
    sampler = StreamSampler(reader, 8, 0)
    batch = sampler.held_out(8)
    assert batch.keys.tolist() == [260, 268, 276, 284, 516, 524, 532, 540]
    sampler.draw()
    assert sampler.held_out(8).keys.tolist() == batch.keys.tolist()
    for key, image in zip(batch.keys, batch.images, strict=True):
        np.testing.assert_array_equal(image, frame(key, SIZE).image)


def test_all_held_out_frames_are_given_when_fewer_than_asked_for(reader):
    keys = StreamSampler(reader, 8, 0).held_out(1000).keys.tolist()
    assert keys == [*range(256, 288), *range(512, 544)]


def test_no_held_out_frame_yet_is_an_error_of_its_own(tmp_path):
    fill(tmp_path, 60, 20, SIZE)
    with StreamReader(tmp_path) as reader:
        assert reader.keys() == range(40, 60)
        with pytest.raises(StreamEmpty, match='no held-out frame among its 20'):
            StreamSampler(reader, 8, 0).held_out(4)
        assert_same(reader.read(40), frame(40, SIZE))


@pytest.mark.parametrize('batch', [0, -1, 1.5])
def test_an_impossible_batch_is_refused(reader, batch):
    with pytest.raises(DepthDistillError, match='batch'):
        StreamSampler(reader, batch, 0)


def test_training_frames_of_the_newest_lens_are_spread_over_the_store(reader):
    sampler = StreamSampler(reader, 5, 1)
    # the focal length of a frame is 30 pixels and its number
    found = sampler.training(60)
    assert found.camera == frame(699, SIZE).intrinsics
    assert not any(map(is_held_out, found.keys.tolist()))
    assert found.keys[-1] == 699 and (np.diff(found.keys) > 1).all()
    assert 6 <= len(found.keys) < 12  # of 60; those of another lens are left out
    np.testing.assert_array_equal(found.images[0], frame(int(found.keys[0]), SIZE).image)
