# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Paths that are no data set of their kind, or that may not be read, are named with the cure."""

import os
from pathlib import Path
import shutil
import subprocess

from dataset_kinds import KINDS, made
import pytest
from rosbags.rosbag2 import StoragePlugin
from stream_frames import python
from test_datasets_bag import camera_topics, write_bag
from test_datasets_bag_faults import kill_the_recorder_of

from depth_distill_ros.datasets import DatasetError, open_reader


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(('name', 'words'), [
    ('x.zip', r'is an archive: unpack it \(unzip x.zip\)'),
    ('x.tar.gz', r'is an archive: unpack it \(tar xf x.tar.gz\)'),
    ('x.7z', r'is an archive: unpack it \(7z x x.7z\)'),
    ('x.png', 'is one image: name the folder of the images'),
    ('X.JPG', 'is one image: name the folder of the images'),
    ('x.mp4', 'is a video: write its images to a folder'),
    ('x.sens', "with ScanNet's SensReader"),
    ('x.csv', '.')])
def test_a_file_in_place_of_a_folder_is_named_with_the_cure(tmp_path, kind, name, words):
    (tmp_path / name).write_bytes(b'anything')
    with pytest.raises(DatasetError, match=words) as caught:
        open_reader(f'{kind}:{tmp_path}/{name}')
    assert name in str(caught.value) and 'does not exist' not in str(caught.value)


@pytest.mark.parametrize('kind', sorted(set(KINDS) - {'bag'}))
def test_a_bag_is_shown_to_the_kind_bag(tmp_path, kind):
    (tmp_path / 'x.mcap').write_bytes(b'anything')
    with pytest.raises(DatasetError, match=f'write bag:{tmp_path}/x.mcap'):
        open_reader(f'{kind}:{tmp_path}/x.mcap')


@pytest.mark.parametrize('kind', KINDS)
def test_a_folder_of_another_kind_is_recognised(tmp_path, kind):
    made(kind, tmp_path / 'data')
    wrong = 'store' if kind != 'store' else 'nyu'
    with pytest.raises(DatasetError, match=f'it looks like {kind}:{tmp_path}/data$'):
        open_reader(f'{wrong}:{tmp_path}/data')


@pytest.mark.parametrize('kind', KINDS)
def test_what_is_neither_file_nor_folder_is_refused(tmp_path, kind):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(DatasetError, match='neither a file nor a folder'):
        open_reader(f'{kind}:{tmp_path}/pipe')
    (tmp_path / 'link').symlink_to('/media/unplugged/data')
    with pytest.raises(DatasetError, match='link is a link to /media/unplugged/data, which does'):
        open_reader(f'{kind}:{tmp_path}/link')


def test_without_a_home_a_path_with_a_tilde_is_refused():
    code = ('from depth_distill_ros.datasets import open_reader\n'
            'from depth_distill_ros.errors import DepthDistillError\n'
            'import pathlib\n'
            'def homeless(*_): raise RuntimeError("Could not determine home directory.")\n'
            'pathlib.Path.expanduser = homeless\n'
            'try:\n    open_reader("folder:~/data")\n'
            'except DepthDistillError as error:\n    print(error)')
    output, errors = python(code).communicate()
    assert 'there is no home folder' in output, errors


WITHOUT_PERMISSION = """
import importlib, os, sys
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.kinds import KINDS
from depth_distill_ros.errors import DepthDistillError
# all modules now: another user may not read those of this one
for kind in KINDS.values():
    importlib.import_module('depth_distill_ros.datasets.readers.' + kind.reader.split(':')[0])
import h5py, rosbags.typesys
''.encode('ascii')
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for spec in sys.argv[1:]:
    try:
        reader = open_reader(spec)
        [reader[index] for index in range(len(reader))]
        print(len(reader), 'frames')
    except DepthDistillError as error:
        print(repr(str(error)))
"""
CLOSED = 0o700 if os.getuid() == 0 else 0o000


@pytest.fixture(scope='module')
def without_permission():
    """Return what a user meets who may read only what all may, by name of the data."""
    # not below pytest's own folder, which no other user may enter
    root = Path(subprocess.run(['mktemp', '-d'], check=True, capture_output=True,
                               text=True).stdout.strip())
    root.chmod(0o755)
    specs = {}
    try:
        for kind in KINDS:
            for how, mode in (('closed', CLOSED), ('listed', 0o744), ('inside', 0o755)):
                folder = root / f'{kind}-{how}'
                specs[folder.name] = made(kind, folder)
                folder.chmod(mode)
                for inner in folder.iterdir() if how == 'inside' else ():
                    inner.chmod(CLOSED)
        killed = kill_the_recorder_of(write_bag(
            root / 'killed', camera_topics(), StoragePlugin.SQLITE3))
        for file in killed.iterdir():
            if file.name.endswith('-shm'):
                file.unlink()
            else:
                file.chmod(0o444)
        killed.chmod(0o555)
        specs['killed'] = f'bag:{killed},depth=none'
        output, errors = python(WITHOUT_PERMISSION, *specs.values()).communicate()
        assert not errors, errors
        assert not list(killed.glob('*-shm'))
        yield dict(zip(specs, output.splitlines(), strict=True))
    finally:
        subprocess.run(['chmod', '-R', 'u+rwX', root], check=True)
        shutil.rmtree(root)


@pytest.mark.parametrize('kind', KINDS)
def test_a_folder_without_permission_is_named(kind, without_permission):
    line = without_permission[f'{kind}-closed']
    assert f'{kind}-closed' in line and 'Permission denied' in line and r'\n' not in line
    # it can be listed and not entered
    assert 'Permission denied' in without_permission[f'{kind}-listed']
    inside = without_permission[f'{kind}-inside']
    assert f'{kind}-inside' in inside and r'\n' not in inside


def test_the_log_of_a_killed_recorder_is_read_where_nothing_can_be_written(without_permission):
    assert without_permission['killed'] == '4 frames'
