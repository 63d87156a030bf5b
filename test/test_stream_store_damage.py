# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stores that are deleted, replaced, cut or overwritten while they are in use."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest
import stream_frames
import torch

from depth_distill_ros.distillation.data.batch import STREAM
from depth_distill_ros.distillation.data.stream_source import StreamSource
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError, StoreReplaced
from depth_distill_ros.stream.store_reader import StreamReader

SIZE = (32, 48)
ROOT = Path(__file__).resolve().parents[1]


def fill(path, count, first=0):
    with StreamWriter(path, SIZE, 500) as writer:
        for number in range(first, first + count):
            writer.append(stream_frames.frame(number, SIZE))


def deleted(path):
    shutil.rmtree(path)


def renamed(path):
    path.rename(path.with_name('moved'))


def replaced(path):
    renamed(path)
    fill(path, 3)


@pytest.mark.parametrize('change', [deleted, renamed, replaced])
def test_a_writer_notices_and_stores_in_the_new_store_from_then_on(tmp_path, change):
    path = tmp_path / 'store'
    with StreamWriter(path, SIZE, 500) as writer:
        writer.append(stream_frames.frame(0, SIZE))
        change(path)
        before = 3 if change is replaced else 0
        with pytest.raises(StoreReplaced, match='deleted or replaced.*a new store begins'):
            writer.append(stream_frames.frame(1, SIZE))
        writer.append(stream_frames.frame(2, SIZE))
        assert len(writer) == before + 1
    with StreamReader(path) as reader:
        assert len(reader) == before + 1


def test_a_writer_whose_new_folder_cannot_be_made_says_so_and_goes_on_when_it_can(tmp_path):
    path = tmp_path / 'run' / 'store'
    with StreamWriter(path, SIZE, 500) as writer:
        shutil.rmtree(tmp_path / 'run')
        (tmp_path / 'run').write_text('a file in the way')
        for _ in range(2):
            with pytest.raises(StoreError, match='cannot create the folder'):
                writer.append(stream_frames.frame(1, SIZE))
        assert len(writer) == 0
        (tmp_path / 'run').unlink()
        writer.append(stream_frames.frame(2, SIZE))
        assert len(writer) == 1


@pytest.mark.parametrize('change', [deleted, renamed, replaced])
def test_a_reader_notices(tmp_path, change):
    path = tmp_path / 'store'
    fill(path, 2)
    with StreamReader(path) as reader:
        change(path)
        with pytest.raises(StoreReplaced, match='deleted or replaced'):
            reader.keys()


def test_training_goes_on_with_the_store_that_took_the_place_of_a_deleted_one(tmp_path):
    path = tmp_path / 'store'
    fill(path, 40)
    source = StreamSource(path, None, SIZE, 2, 0, 0, torch.device('cpu'))
    assert source.frames == 40
    before = {key for _ in range(20) for key in source.draw()[STREAM].keys}
    deleted(path)
    assert source.frames == 0
    fill(path, 36)
    assert source.frames == 36
    after = {key for _ in range(20) for key in source.draw()[STREAM].keys}
    assert len(before) > 2 and len(after) > 2
    assert not before & after, 'what is known of a frame is not taken for that of another'
    source.close()


HARMED = """
import os, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, {tests!r})
import stream_frames
from depth_distill_ros.stream.sampler import StreamEmpty, StreamSampler
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError
from depth_distill_ros.stream.store_reader import StreamReader
path, size = Path({path!r}), {size!r}
"""
CUT = HARMED + """
def refused(action):
    try:
        action()
    except StoreError as error:
        assert 'was cut to' in str(error), error
    else:
        raise AssertionError('it was not noticed')
reader = StreamReader(path)
whole = os.stat(path / 'data.mdb').st_size
for size_left in (whole // 2, 5000, 0):
    os.truncate(path / 'data.mdb', size_left)
    refused(lambda: reader.read(39))
    refused(lambda: StreamSampler(reader, 2, 0).draw())
reader.close()
"""
CUT_WHILE_WRITTEN = HARMED + """
writer = StreamWriter(path, size, 500)
os.truncate(path / 'data.mdb', os.stat(path / 'data.mdb').st_size // 2)
try:
    writer.append(stream_frames.frame(1, size))
except StoreError as error:
    assert 'was cut to' in str(error), error
    print('refused')
"""
OVERWRITTEN = HARMED + """
whole, drawn = (path / 'data.mdb').read_bytes(), 0
for seed in range(int(sys.argv[1]), int(sys.argv[2])):
    random = np.random.default_rng(seed)
    data = bytearray(whole)
    for _ in range(8):
        start = int(random.integers(2, len(data) // 4096)) * 4096
        data[start:start + 4096] = random.bytes(4096)
    (path / 'data.mdb').write_bytes(data)
    try:
        with StreamReader(path) as reader:
            sampler = StreamSampler(reader, 2, seed)
            for _ in range(5):
                drawn += len(sampler.draw().keys)
            sampler.held_out(8)
    except (StoreError, StreamEmpty):
        pass
print(drawn)
"""


def run(code, path, *arguments):
    code = code.format(path=str(path), tests=str(ROOT / 'test'), size=SIZE)
    return subprocess.run(
        [sys.executable, '-c', code, *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)})


def test_a_file_that_is_cut_ends_in_an_error_and_not_in_a_bus_error(tmp_path):
    fill(tmp_path / 'store', 40)
    result = run(CUT, tmp_path / 'store')
    assert result.returncode == 0, result.stderr
    fill(tmp_path / 'other', 40)
    result = run(CUT_WHILE_WRITTEN, tmp_path / 'other')
    assert (result.returncode, result.stdout) == (0, 'refused\n'), result.stderr


def test_pages_that_are_overwritten_cost_their_frames_and_the_others_are_drawn(tmp_path):
    fill(tmp_path / 'store', 80)
    result = run(OVERWRITTEN, tmp_path / 'store', 0, 40)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 0
