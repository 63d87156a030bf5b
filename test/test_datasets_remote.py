# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets that a URL names, in an object store in memory and on a disk."""

import stat

import engine_parts
import fsspec
import pytest

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.remote import local_copy


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'depth_distill_ros' / 'data'


@pytest.fixture
def bucket():
    """Return an object store that is empty before and after."""
    files = fsspec.filesystem('memory')
    files.store.clear()
    yield files
    files.store.clear()


def uploaded(bucket, folder, robot, frames):
    engine_parts.stored_frames(folder / robot, frames)
    bucket.put(str(folder / robot), f'/fleet/{robot}/store', recursive=True)


def test_the_stores_of_a_fleet_in_an_object_store_are_one_data_set(tmp_path, bucket, cache):
    for robot, frames in (('b', 12), ('a', 5)):
        uploaded(bucket, tmp_path, robot, frames)
    both = open_reader('store:memory://fleet/*/store,split=all')
    assert len(both) == 17
    assert [both[i].name for i in (0, 5)] == ['a/store/000000000000', 'b/store/000000000000']
    assert len(open_reader('store:memory://fleet/a/store')) == 5
    folders = [path for path in cache.iterdir() if path.is_dir()]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in folders)


def test_only_what_is_new_or_has_changed_is_copied_again(bucket):
    said = []
    for name in ('one', 'two'):
        bucket.pipe(f'/data/image/{name}.png', name.encode())
    place = local_copy('memory://data/image', said.append)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {
        'one.png': b'one', 'two.png': b'two'}
    assert local_copy('memory://data/image', said.append) == place
    bucket.pipe('/data/image/two.png', b'changed')
    bucket.rm('/data/image/one.png')
    local_copy('memory://data/image', said.append)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {'two.png': b'changed'}
    assert [line.split(' of ')[0] for line in said] == ['copying 2 files', 'copying 1 files']


def test_a_copy_that_broke_off_goes_on(bucket, monkeypatch):
    for name in ('one', 'two'):
        bucket.pipe(f'/data/{name}', b'x')
    whole, asked = type(bucket).get_file, []

    def broken(self, path, *args, **options):
        asked.append(path)
        if len(asked) == 2:
            raise OSError('the network is down')
        return whole(self, path, *args, **options)

    monkeypatch.setattr(type(bucket), 'get_file', broken)
    with pytest.raises(DatasetError, match='the network is down'):
        local_copy('memory://data/*')
    local_copy('memory://data/*')
    assert len(asked) == 3, 'the first file is not copied twice'


def test_a_whole_bucket_is_one_data_set_and_its_name_has_no_wildcards(bucket):
    bucket.pipe('/bucket/image/one.png', b'one')
    assert [path.name for path in local_copy('memory://bucket').rglob('*.*')] == ['one.png']
    bucket.pipe('/bucket/top.txt', b'top')
    assert (local_copy('memory://bucket/') / 'top.txt').read_bytes() == b'top'
    for url in ('memory://*/image', 'memory://'):
        with pytest.raises(DatasetError, match='name a bucket or host, without wildcards'):
            local_copy(url)


def test_a_file_url_works_as_well(tmp_path):
    engine_parts.stored_frames(tmp_path / 'store', 3)
    assert len(open_reader(f'store:file://{tmp_path}/store')) == 3


@pytest.mark.parametrize(('url', 'said'), [
    ('memory://nothing/here', 'memory://nothing/here: nothing is there'),
    ('nosuch://bucket/store', 'nosuch://bucket/store cannot be read'),
    ('file:///no/such/folder', 'nothing is there')])
def test_what_is_not_there_is_said_in_one_line(bucket, url, said):
    with pytest.raises(DatasetError, match=said) as error:
        open_reader(f'store:{url}')
    assert '\n' not in str(error.value)


def test_no_name_leads_out_of_the_cache(tmp_path, bucket):
    bucket.pipe('/data/good', b'x')
    bucket.store['/data/../../../evil'] = bucket.store['/data/good']
    place = local_copy('memory://data/*')
    assert [path.name for path in place.parent.iterdir()] == ['good']
    assert not list(tmp_path.rglob('evil'))
