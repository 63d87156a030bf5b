# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files are replaced as a whole, and errors name the file, the reason and the cure."""

import hashlib
import json

import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import (
    read_yaml,
    replacing,
    sha256_of,
    write_bytes,
    write_json,
    write_yaml,
    writing,
)


class OwnError(DepthDistillError):
    pass


def test_a_file_is_replaced_by_the_new_one_and_missing_folders_are_made(tmp_path):
    path = tmp_path / 'a' / 'b' / 'file'
    for data in (b'old', b'new'):
        write_bytes(path, data)
        assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize('sync', [False, True])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, sync):
    path = tmp_path / 'file'
    path.write_bytes(b'old')
    with pytest.raises(ZeroDivisionError), replacing(path, sync) as aside:
        aside.write_bytes(b'half')
        assert path.read_bytes() == b'old'
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b'old'


@pytest.mark.parametrize('sync', [False, True])
def test_a_folder_appears_as_a_whole_or_not_at_all(tmp_path, sync):
    folder = tmp_path / 'folder'
    for fails in (True, False):
        try:
            with replacing(folder, sync) as aside:
                (aside / 'inner').mkdir(parents=True)
                (aside / 'inner' / 'file').write_text('here')
                assert not folder.exists()
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert not list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / 'inner' / 'file').read_text() == 'here'


def test_an_error_names_file_reason_and_cure_in_the_type_of_the_caller(tmp_path):
    path = tmp_path / 'folder'
    (path / 'inner').mkdir(parents=True)
    with pytest.raises(OwnError) as caught:
        write_bytes(path, b'', 'name a file', OwnError)
    assert str(caught.value) == f'cannot write {path}: Is a directory; name a file'


def test_exceptions_of_a_library_are_named_where_they_are_asked_for(tmp_path):
    with pytest.raises(DepthDistillError) as caught, writing(tmp_path, also=(RuntimeError,)):
        raise RuntimeError('the disk is full')
    assert str(caught.value) == f'cannot write {tmp_path}: the disk is full'
    with pytest.raises(RuntimeError), writing(tmp_path):
        raise RuntimeError('something else')


def test_json_and_yaml_come_back_as_they_were_written(tmp_path):
    value = {'z': [1, 2.5, None], 'a': {'name': 'Grüße'}}
    write_json(tmp_path / 'x.json', value)
    write_yaml(tmp_path / 'x.yaml', value)
    assert json.loads((tmp_path / 'x.json').read_text(encoding='utf-8')) == value
    assert read_yaml(tmp_path / 'x.yaml', OwnError) == value
    assert list(read_yaml(tmp_path / 'x.yaml', OwnError)) == ['z', 'a']


def test_a_text_that_looks_like_a_number_stays_a_text_and_numbers_need_no_point(tmp_path):
    value = {'run': '1e5', 'commit': '12e34567', 'rate': 1e-4, 'small': 1e-07, 'name': '+1.5E3'}
    write_yaml(tmp_path / 'x.yaml', value)
    assert read_yaml(tmp_path / 'x.yaml', DepthDistillError) == value
    (tmp_path / 'y.yaml').write_text('rate: 1e-4\n')
    assert read_yaml(tmp_path / 'y.yaml', DepthDistillError) == {'rate': 1e-4}


@pytest.mark.parametrize(('data', 'message'), [
    (b'a: [1', 'x.yaml: not valid YAML'),
    (b'\xff\xfe\x00', 'x.yaml: cannot be read: it is not a text'),
    (None, 'x.yaml: cannot be read: No such file')])
def test_a_yaml_file_that_cannot_be_read_is_named(tmp_path, data, message):
    if data is not None:
        (tmp_path / 'x.yaml').write_bytes(data)
    with pytest.raises(OwnError, match=message):
        read_yaml(tmp_path / 'x.yaml', OwnError)


def test_the_digest_is_that_of_all_bytes_of_a_large_file(tmp_path):
    data = bytes(range(256)) * 10_000
    (tmp_path / 'file').write_bytes(data)
    assert sha256_of(tmp_path / 'file') == hashlib.sha256(data).hexdigest()
