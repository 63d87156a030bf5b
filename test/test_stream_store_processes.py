# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that write, read and are killed do no harm to the store."""

import time

import numpy as np
import pytest
from stream_frames import SIZE, assert_same, frame, python

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError
from depth_distill_ros.stream.store_reader import StreamReader

pytestmark = pytest.mark.slow

APPEND_FOREVER = """
import sys
from depth_distill_ros.stream.store import StreamWriter
from stream_frames import SIZE, frame
writer = StreamWriter(sys.argv[1], SIZE, 40)
keys = writer.reader().keys()
number = keys[-1] + 1 if keys else 0
while True:
    assert writer.append(frame(number)) == number
    print(number, flush=True)
    number += 1
"""

HOLD_A_SNAPSHOT = """
import sys
from depth_distill_ros.stream.store_reader import StreamReader
with StreamReader(sys.argv[1]).snapshot() as frames:
    print(len(frames.keys()), flush=True)
    sys.stdin.read()
"""

# Large enough that a few hundred fill LMDB's map, whose slack is 64 MB.
LARGE = (240, 320)


@pytest.fixture
def large_frame():
    return Frame(
        np.full((*LARGE, 3), 7, np.uint8), semantics=np.full(LARGE, 3, np.uint8),
        intrinsics=Intrinsics.from_vertical_fov(0.8, LARGE))


def test_kill_9_of_the_writer_at_any_moment_loses_nothing_that_was_stored(tmp_path):
    random = np.random.default_rng(0)
    last = -1
    for _ in range(10):
        writer = python(APPEND_FOREVER, tmp_path)
        try:
            assert int(writer.stdout.readline()) == last + 1
            time.sleep(random.uniform(0, 0.08))
        finally:
            writer.kill()
        said, complaint = writer.communicate()
        assert complaint == ''
        acknowledged = int(said.split()[-1]) if said.split() else last + 1
        with StreamReader(tmp_path) as reader:
            keys = reader.keys()
            assert keys[-1] >= acknowledged and len(keys) == min(keys[-1] + 1, 40)
            for key in keys:
                assert_same(reader.read(key), frame(key))
        last = keys[-1]


def test_a_sampler_in_another_process_than_the_writer_never_sees_half_a_frame(tmp_path):
    writer = python(APPEND_FOREVER, tmp_path)
    try:
        while int(writer.stdout.readline()) < 80:
            pass
        with StreamReader(tmp_path) as reader:
            sampler = StreamSampler(reader, 4, 0)
            seen = set()
            for _ in range(150):
                batch = sampler.draw()
                for key, image, semantics in zip(
                        batch.keys, batch.images, batch.semantics, strict=True):
                    np.testing.assert_array_equal(image, frame(key).image)
                    np.testing.assert_array_equal(semantics, frame(key).semantics)
                seen.update(batch.keys.tolist())
                writer.stdout.readline()
        assert sampler.corrupt == 0
        # More than the store holds at once: frames came and went under the sampler.
        assert max(seen) - min(seen) > 40
    finally:
        writer.kill()
        writer.communicate()


def test_a_reader_killed_while_reading_does_not_fill_the_store_up(tmp_path, large_frame):
    with StreamWriter(tmp_path, LARGE, 2) as writer:
        writer.append(large_frame)
        reader = python(HOLD_A_SNAPSHOT, tmp_path)
        assert reader.stdout.readline() == '1\n'
        reader.kill()
        reader.communicate()
        for _ in range(350):
            writer.append(large_frame)
        assert len(writer) == 2


def test_a_reader_stuck_for_very_long_is_named_and_waited_out(tmp_path, large_frame):
    with StreamWriter(tmp_path, LARGE, 2) as writer:
        writer.append(large_frame)
        with writer.reader().snapshot():
            with pytest.raises(StoreError, match='reader.*restart'):
                for _ in range(350):
                    writer.append(large_frame)
        stored = writer.stored
        for _ in range(5):
            writer.append(large_frame)
        assert writer.stored == stored + 5
        assert_same(writer.reader().read(stored + 4), large_frame)


def test_an_open_reader_follows_a_store_reopened_with_a_larger_capacity(tmp_path, large_frame):
    StreamWriter(tmp_path, LARGE, 1).close()
    with StreamReader(tmp_path) as reader:
        assert len(reader) == 0
        writer = python("""
import sys
import numpy as np
from depth_distill_ros.stream.store import StreamWriter
from stream_frames import frame
large = frame(1, (240, 320))
with StreamWriter(sys.argv[1], (240, 320), 400) as writer:
    for _ in range(330):
        writer.append(large)
""", tmp_path)
        assert writer.communicate(timeout=300)[1] == ''
        assert reader.keys() == range(330)
        assert_same(reader.read(329), frame(1, LARGE))


def test_a_store_may_be_read_while_nobody_writes_it(tmp_path):
    with StreamWriter(tmp_path, SIZE, 4) as writer:
        writer.append(frame(0))
    with StreamReader(tmp_path) as reader:
        assert_same(reader.read(0), frame(0))
