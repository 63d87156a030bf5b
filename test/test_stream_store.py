# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The store keeps the newest frames, and refuses what it cannot keep faithfully."""

import hashlib
import json
import os

import lmdb
import numpy as np
import pytest
from stream_frames import SIZE, assert_same, damage, fill, frame, python

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import (
    CorruptRecord,
    FrameEvicted,
    StoreError,
    StoreMissing,
    StoreVersionError,
)
from depth_distill_ros.stream.store_reader import StreamReader


def digest(path):
    return hashlib.sha256((path / 'data.mdb').read_bytes()).hexdigest()


def describe(path, description):
    with lmdb.open(str(path), max_dbs=1) as env, env.begin(write=True) as txn:
        txn.put(b'depth_distill_ros.stream', description)


def test_what_was_appended_is_read_back_bit_for_bit(tmp_path):
    fill(tmp_path / 'new' / 'store', 5, 10)
    with StreamReader(tmp_path / 'new' / 'store') as reader:
        assert reader.size == SIZE
        assert reader.keys() == range(5)
        for key in reader.keys():
            assert_same(reader.read(key), frame(key))


def test_frames_need_not_be_contiguous_in_memory(tmp_path):
    whole = frame(3, (48, 64))
    part = type(whole)(
        whole.image[::2, ::2], semantics=whole.semantics[::2, ::2],
        intrinsics=frame(3).intrinsics, stamp=3)
    with StreamWriter(tmp_path, SIZE, 4) as writer:
        assert_same(writer.reader().read(writer.append(part)), part)


def test_the_oldest_leaves_first_and_keys_only_grow(tmp_path):
    with StreamWriter(tmp_path, SIZE, 4) as writer:
        reader = writer.reader()
        for number in range(10):
            assert writer.append(frame(number)) == number
            assert len(reader) == len(writer) == min(number + 1, 4)
        assert reader.keys() == range(6, 10)
        assert (writer.stored, writer.evicted) == (10, 6)
        with pytest.raises(FrameEvicted, match=r'frame 5.*frames 6 to 9'):
            reader.read(5)
        with pytest.raises(FrameEvicted):
            reader.read(-1)


def test_the_file_does_not_grow_beyond_the_capacity(tmp_path):
    size = (100, 100)
    with StreamWriter(tmp_path, size, 10) as writer:
        for number in range(200):
            writer.append(frame(number, size))
    assert (tmp_path / 'data.mdb').stat().st_size < 20 * 4 * 100 * 100 * 1.1


def test_reopening_goes_on_with_the_next_key_and_the_new_capacity(tmp_path):
    fill(tmp_path, 700, 700, (2, 2))
    with StreamWriter(tmp_path, (2, 2), 30) as writer:
        assert (len(writer), writer.evicted) == (30, 670)
        assert writer.append(frame(700, (2, 2))) == 700
        assert writer.reader().keys() == range(671, 701)
    with StreamWriter(tmp_path, (2, 2), 40) as writer:
        for number in range(701, 715):
            writer.append(frame(number, (2, 2)))
        assert writer.reader().keys() == range(675, 715)
        for key in writer.reader().keys():
            assert_same(writer.reader().read(key), frame(key, (2, 2)))


def test_a_frame_of_another_size_is_refused_and_the_store_goes_on(tmp_path):
    with StreamWriter(tmp_path, SIZE, 4) as writer:
        with pytest.raises(StoreError, match=r'\(9, 9\).*\(24, 32\)'):
            writer.append(frame(0, (9, 9)))
        assert writer.append(frame(0)) == 0


def test_a_second_writer_is_refused_with_the_first_ones_process(tmp_path):
    with StreamWriter(tmp_path, SIZE, 4):
        with pytest.raises(StoreError, match=f'process {os.getpid()} is writing'):
            StreamWriter(tmp_path, SIZE, 4)
        other = python(
            'import sys\nfrom depth_distill_ros.stream.store import *\n'
            'StreamWriter(sys.argv[1], (24, 32), 4)', tmp_path)
        assert f'process {os.getpid()} is writing' in other.communicate(timeout=300)[1]
    StreamWriter(tmp_path, SIZE, 4).close()


def test_another_version_is_refused_and_left_untouched(tmp_path):
    fill(tmp_path, 3, 4)
    describe(tmp_path, json.dumps({'version': 7, 'height': 24, 'width': 32}).encode())
    before = digest(tmp_path)
    for open_store in (lambda: StreamWriter(tmp_path, SIZE, 1), lambda: StreamReader(tmp_path)):
        with pytest.raises(StoreVersionError, match=r'version 7, expected 1; .*delete'):
            open_store()
    assert digest(tmp_path) == before


def test_another_frame_size_is_refused_and_left_untouched(tmp_path):
    fill(tmp_path, 3, 4)
    before = digest(tmp_path)
    with pytest.raises(StoreError, match='found frames of 24x32, expected 48x64'):
        StreamWriter(tmp_path, (48, 64), 1)
    assert digest(tmp_path) == before


@pytest.mark.parametrize('description', [b'\xff', b'[]', b'{"version": 1}'])
def test_a_damaged_description_is_named(tmp_path, description):
    describe(tmp_path, description)
    with pytest.raises(StoreError, match='description is damaged'):
        StreamWriter(tmp_path, SIZE, 4)


def test_a_database_of_another_program_is_refused_and_left_untouched(tmp_path):
    with lmdb.open(str(tmp_path)) as env, env.begin(write=True) as txn:
        txn.put(b'somebody', b'else')
    before = digest(tmp_path)
    with pytest.raises(StoreError, match='not a stream store'):
        StreamWriter(tmp_path, SIZE, 4)
    assert digest(tmp_path) == before


def test_a_file_that_is_no_database_is_named_in_one_line(tmp_path):
    (tmp_path / 'data.mdb').write_bytes(b'no database' * 2000)
    for open_store in (lambda: StreamWriter(tmp_path, SIZE, 4), lambda: StreamReader(tmp_path)):
        with pytest.raises(StoreError, match='damaged or no store') as caught:
            open_store()
        assert str(tmp_path) in str(caught.value) and '\n' not in str(caught.value)


def test_a_path_that_is_a_file_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(StoreError, match='cannot create the folder'):
        StreamWriter(tmp_path / 'file', SIZE, 4)


def test_reading_where_nothing_is_yet_names_what_to_start(tmp_path):
    with pytest.raises(StoreMissing, match='start stream_node'):
        StreamReader(tmp_path)
    lmdb.open(str(tmp_path)).close()
    with pytest.raises(StoreMissing):
        StreamReader(tmp_path)
    assert issubclass(StoreMissing, DepthDistillError)


@pytest.mark.parametrize('capacity', [0, -3, 2.5])
def test_an_impossible_capacity_is_refused(tmp_path, capacity):
    with pytest.raises(DepthDistillError, match='capacity'):
        StreamWriter(tmp_path, SIZE, capacity)


def test_a_damaged_record_is_detected_and_the_others_are_read(tmp_path):
    fill(tmp_path, 5, 5)
    damage(tmp_path, 2)
    with StreamReader(tmp_path) as reader:
        with pytest.raises(CorruptRecord, match='frame 2 is damaged: its checksum'):
            reader.read(2)
        assert_same(reader.read(3), frame(3))


def test_a_bad_block_on_the_disk_is_detected(tmp_path):
    fill(tmp_path, 5, 5)
    data = (tmp_path / 'data.mdb').read_bytes()
    where = data.index(frame(4).image.tobytes())
    with open(tmp_path / 'data.mdb', 'r+b') as file:
        file.seek(where + 100)
        file.write(bytes(16))
    with StreamReader(tmp_path) as reader, pytest.raises(CorruptRecord, match='frame 4'):
        reader.read(4)


def test_a_snapshot_sees_no_eviction(tmp_path):
    with StreamWriter(tmp_path, SIZE, 4) as writer:
        reader = writer.reader()
        for number in range(4):
            writer.append(frame(number))
        image, semantics = np.empty((*SIZE, 3), np.uint8), np.empty(SIZE, np.uint8)
        with reader.snapshot() as frames:
            for number in range(4, 12):
                writer.append(frame(number))
            assert frames.keys() == range(4)
            frames.read_into(0, image, semantics)
        np.testing.assert_array_equal(image, frame(0).image)
        np.testing.assert_array_equal(semantics, frame(0).semantics)
        assert reader.keys() == range(8, 12)
