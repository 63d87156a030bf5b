# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of bags as people have them: killed recorders, wrong metadata, truncated copies."""

from contextlib import closing
import shutil
import sqlite3
import struct
import subprocess
import sys

from dataset_files import assert_image, made_image
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from test_datasets_bag import SECOND, START, TYPES, camera_topics, image, write_bag
import yaml

from depth_distill_ros.datasets import DatasetError, open_reader
from depth_distill_ros.datasets.bags import sqlite as sqlite_files

MCAP, SQLITE3 = StoragePlugin.MCAP, StoragePlugin.SQLITE3


def file_of(bag):
    return next(file for file in bag.iterdir() if file.suffix in ('.mcap', '.db3'))


def with_metadata(bag, change):
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    change(entries['rosbag2_bagfile_information'])
    metadata.write_text(yaml.safe_dump(entries))


@pytest.mark.parametrize('storage', [MCAP, SQLITE3])
@pytest.mark.parametrize('wrong', ['identifier', 'none', 'yaml', 'version', 'qos', 'empty'])
def test_the_files_of_a_bag_count_and_not_its_metadata(tmp_path, storage, wrong):
    bag = write_bag(tmp_path / 'bag', camera_topics(), storage)
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    about = entries['rosbag2_bagfile_information']
    if wrong == 'identifier':
        about['storage_identifier'] = ''
    if wrong == 'version':
        about['version'] = 42
    if wrong == 'qos':
        for topic in about['topics_with_message_count']:
            topic['topic_metadata']['offered_qos_profiles'] = '- history: 1'
    metadata.write_text(yaml.safe_dump(entries))
    if wrong == 'yaml':
        metadata.write_text('rosbag2_bagfile_information: [')
    if wrong == 'none':
        metadata.unlink()
    if wrong == 'empty':
        metadata.write_text('')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2
    assert_image(reader[1].image, 2, exact=True)
    told = any('metadata.yaml' in line for line in reader.remarks)
    assert told == (wrong in ('none', 'yaml', 'empty'))


def test_a_file_that_the_metadata_names_and_that_is_missing_is_told(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    entries['rosbag2_bagfile_information']['relative_file_paths'].append('bag_1.mcap')
    metadata.write_text(yaml.safe_dump(entries))
    shutil.copy(file_of(bag), bag / 'copy.mcap')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2
    assert any('bag_1.mcap: their messages are missing' in line for line in reader.remarks)


def test_the_names_in_the_metadata_may_be_of_another_computer_or_of_before(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    with_metadata(bag, lambda about: about.update(
        relative_file_paths=['C:\\bags\\' + about['relative_file_paths'][0]]))
    assert open_reader(f'bag:{bag}').remarks == []
    assert len(open_reader(f'bag:{bag}/metadata.yaml')) == 2
    file_of(bag).rename(bag / 'kitchen.mcap')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and 'or was a file renamed?): all 1 files' in reader.remarks[0]


KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('PRAGMA journal_mode = WAL')
database.execute('PRAGMA wal_autocheckpoint = 0')
rows = database.execute('SELECT * FROM messages ORDER BY id').fetchall()
database.execute('DELETE FROM messages WHERE id > 4')
database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
for row in rows[4:]:
    database.execute('INSERT INTO messages VALUES (?, ?, ?, ?)', row)
os._exit(9)
"""


def kill_the_recorder_of(bag):
    """Leave most messages of a sqlite3 bag in its write-ahead log."""
    file = file_of(bag)
    assert subprocess.run([sys.executable, '-c', KILLED, file], check=False).returncode == 9
    assert file.with_name(f'{file.name}-wal').stat().st_size > 0
    return bag


def test_messages_in_the_write_ahead_log_of_a_killed_recorder_are_read(tmp_path):
    bag = kill_the_recorder_of(write_bag(tmp_path / 'bag', camera_topics(), SQLITE3))
    bag = bag.rename(tmp_path / '100% #1?')  # characters that mean something to sqlite3
    reader = open_reader(f'bag:{bag},depth=none')
    assert len(reader) == 4
    for number in range(4):
        assert_image(reader[number].image, number, exact=True)


def test_a_recorder_that_was_killed_while_it_compressed_doubles_no_message(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    file = file_of(bag)
    shutil.copy(file, f'{file}.zstd')  # whatever it wrote so far
    (bag / 'metadata.yaml').unlink()
    reader = open_reader(f'bag:{bag},depth=none')
    assert len(reader) == 4 and all('zstd' not in line for line in reader.remarks)


def test_a_bag_that_its_recorder_keeps_to_itself_is_told_from_a_damaged_one(
        tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_files, '_PATIENCE', 0.01)
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    with closing(sqlite3.connect(file_of(bag), isolation_level=None)) as recorder:
        recorder.execute('PRAGMA journal_mode = WAL')
        recorder.execute('PRAGMA locking_mode = EXCLUSIVE')
        recorder.execute('UPDATE messages SET timestamp = timestamp')
        with pytest.raises(DatasetError, match='locked: is it recorded right now'):
            open_reader(f'bag:{bag}')
    assert len(open_reader(f'bag:{bag}')) == 2


def test_compressed_files_and_messages_are_read(tmp_path):
    for mode in (CompressionMode.FILE, CompressionMode.MESSAGE):
        bag = tmp_path / mode.name
        writer = Writer(bag, version=9, storage_plugin=SQLITE3)
        writer.set_compression(mode, CompressionFormat.ZSTD)
        with writer:
            connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=TYPES)
            for number in range(3):
                message = image(made_image(number), 'rgb8', START + number * SECOND)
                writer.write(connection, START + number * SECOND, TYPES.serialize_cdr(
                    message, message.__msgtype__))
        reader = open_reader(f'bag:{bag}')
        assert len(reader) == 3
        assert_image(reader[2].image, 2, exact=True)


def test_a_truncated_compressed_file_is_named_by_its_own_name(tmp_path):
    zstd = pytest.importorskip('backports.zstd')
    whole = file_of(write_bag(tmp_path / 'bag', camera_topics(), MCAP)).read_bytes()
    file = tmp_path / 'x.mcap.zstd'
    file.write_bytes(zstd.compress(whole))
    assert len(open_reader(f'bag:{file}')) == 2
    cut = tmp_path / 'cut.mcap.zstd'
    cut.write_bytes(zstd.compress(whole)[:2000])
    with pytest.raises(DatasetError, match=f'{cut} is truncated: only a part'):
        open_reader(f'bag:{cut}')


def test_a_damaged_chunk_costs_its_own_messages_only(tmp_path):
    size = (240, 320)
    with Writer(tmp_path / 'bag', version=9, storage_plugin=MCAP) as writer:
        connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=TYPES)
        for number in range(12):  # 2.8 MB, in chunks of 1 MiB
            message = image(made_image(number, size), 'rgb8', START + number * SECOND)
            writer.write(connection, START + number * SECOND, TYPES.serialize_cdr(
                message, message.__msgtype__))
    file = file_of(tmp_path / 'bag')
    data = bytearray(file.read_bytes())
    first = data.index(b'rosbags') + 40
    chunk = data.index(struct.pack('<B', 6), first)
    while struct.unpack_from('<BQ', data, chunk)[1] > len(data):
        chunk = data.index(struct.pack('<B', 6), chunk + 1)
    struct.pack_into('<Q', data, chunk + 9 + 16, 7)  # its size without compression
    file.write_bytes(data)
    reader = open_reader(f'bag:{tmp_path}/bag')
    assert 0 < len(reader) < 12
    assert '1 damaged records are left out' in reader.remarks[0]
    assert 'mcap recover' in reader.remarks[0]
    assert_image(reader[len(reader) - 1].image, 11, size, exact=True)


def test_bytes_that_were_lost_inside_a_chunk_are_told(tmp_path):
    file = file_of(write_bag(tmp_path / 'bag', camera_topics(8), MCAP))
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle:middle + 4096] = bytes(4096)
    file.write_bytes(data)
    reader = open_reader(f'bag:{file}')
    assert len(reader) + len(reader.left_out) < 8
    assert 'damaged records are left out' in reader.remarks[0]


@pytest.mark.parametrize('spoil', [
    lambda file: file.touch(), lambda file: sqlite3.connect(file).execute('CREATE TABLE a (b)')])
def test_one_of_several_files_that_cannot_be_read_is_told_and_costs_no_other(tmp_path, spoil):
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    spoil(bag / 'bag_1.db3')
    with_metadata(bag, lambda about: about['relative_file_paths'].append('bag_1.db3'))
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and 'bag_1.db3 is ' in reader.remarks[0]
    del reader  # which holds the files open
    (bag / 'bag.db3').unlink()
    with pytest.raises(DatasetError, match='bag_1.db3 is '):
        open_reader(f'bag:{bag}')


def test_what_is_no_bag_is_named(tmp_path):
    (tmp_path / 'empty.db3').touch()
    with pytest.raises(DatasetError, match='empty.db3 is empty and not a ROS bag'):
        open_reader(f'bag:{tmp_path}/empty.db3')
    (tmp_path / 'text.mcap').write_text('hello')
    with pytest.raises(DatasetError, match='text.mcap is not a ROS bag'):
        open_reader(f'bag:{tmp_path}/text.mcap')
