# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or may not be written costs one clear error and no stored frame."""

import subprocess

import pytest
from stream_frames import SIZE, assert_same, fill, frame, python

from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError
from depth_distill_ros.stream.store_reader import StreamReader

# RLIMIT_FSIZE: the kernel refuses to let any file grow, as it does on a full disk.
APPEND_UNTIL_FULL = """
import logging, resource, sys
from types import SimpleNamespace
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.store import StreamWriter
from stream_frames import SIZE, frame
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with StreamWriter(sys.argv[1], SIZE, 1000) as writer:
    read = {'image': lambda message: message.frame.image,
            'semantics': lambda message: message.frame.semantics,
            'camera_info': lambda message: message.frame.intrinsics}
    intake = StreamIntake(writer, read, SemanticDecoder('ids', load()), logging.getLogger(),
                          lambda: 0.0)  # one second, however long it takes
    for number in range(100):
        for topic in read:
            intake.add(topic, frame(number).stamp,
                       SimpleNamespace(frame=frame(number), encoding='mono8'))
    values = intake.values()
    assert values['stored'] + values['rejected.store'] == 100, values
    assert values['store_frames'] == values['stored']
    print(values['stored'])
    print(values['last_rejection'])
"""


@pytest.fixture
def small_disk(tmp_path):
    """Make a real file system of 4 MB, where this user may mount one."""
    mounted = subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', str(tmp_path)],
        capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f'may not mount a file system here: {mounted.stderr.strip()}')
    yield tmp_path
    subprocess.run(['umount', str(tmp_path)], check=True)


def append_until_full(writer):
    for number in range(2000):
        try:
            writer.append(frame(number))
        except StoreError as error:
            return number, str(error)
    raise AssertionError('the disk did not fill up')


def assert_holds(reader, count):
    assert reader.keys() == range(count)
    for key in reader.keys():
        assert_same(reader.read(key), frame(key))


def test_a_file_that_may_not_grow_is_counted_named_and_keeps_its_frames(tmp_path):
    process = python(APPEND_UNTIL_FULL, tmp_path)
    said, complaint = process.communicate(timeout=300)
    assert complaint.startswith('frame rejected (store)') and complaint.count('\n') == 1
    count, message = said.splitlines()
    assert int(count) > 10
    assert str(tmp_path) in message and 'make room' in message and 'intact' in message
    with StreamReader(tmp_path) as reader:
        assert_holds(reader, int(count))
    with StreamWriter(tmp_path, SIZE, 1000) as writer:
        writer.append(frame(int(count)))
        assert_holds(writer.reader(), int(count) + 1)


def test_a_full_disk_is_named_and_storing_goes_on_once_there_is_room(small_disk):
    other = small_disk / 'other'
    other.write_bytes(bytes(2_000_000))
    with StreamWriter(small_disk / 'store', SIZE, 5000) as writer:
        count, message = append_until_full(writer)
        assert 'make room' in message and 'MB free' in message and str(small_disk) in message
        assert_holds(writer.reader(), count)
        other.unlink()
        for number in range(count, count + 20):
            assert writer.append(frame(number)) == number
        assert_holds(writer.reader(), count + 20)


def test_a_full_disk_at_the_start_is_named(small_disk):
    with open(small_disk / 'other', 'wb', buffering=0) as other, pytest.raises(OSError):
        while True:
            other.write(bytes(4096))
    with pytest.raises(StoreError, match='make room'):
        StreamWriter(small_disk / 'store', SIZE, 10)


def test_a_read_only_disk_can_be_read_and_is_named_when_written(small_disk):
    fill(small_disk, 3, 10)
    subprocess.run(['mount', '-o', 'remount,ro', str(small_disk)], check=True)
    with pytest.raises(StoreError, match=r'[Rr]ead-only.*make it writable'):
        StreamWriter(small_disk, SIZE, 10)
    with StreamReader(small_disk) as reader:
        assert_holds(reader, 3)


def test_a_folder_of_another_user_is_named(tmp_path):
    fill(tmp_path, 3, 10)
    tmp_path.chmod(0o500)
    for file in tmp_path.iterdir():
        file.chmod(0o400)
    process = python("""
import os, sys
from pathlib import Path
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.store import StreamWriter
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.chown('.', 65534, 65534)
    os.setuid(65534)
try:
    StreamWriter('.', (24, 32), 10)
except DepthDistillError as error:
    print(error)
""", tmp_path)
    said, complaint = process.communicate(timeout=300)
    assert complaint == ''
    assert 'Permission denied' in said and 'write permission' in said
