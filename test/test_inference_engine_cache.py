# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine cache: a file is used only for what it was made for."""

import json
import os
import shutil

import engine_parts
import pytest
from safetensors.torch import load_file, save_file
from stream_frames import python

from depth_distill_ros.inference import engine_cache
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.networks.model_folder import CARD, WEIGHTS
from depth_distill_ros.shipped import shipped_teacher

pytestmark = pytest.mark.slow

GPU = {'tensorrt': '10.3.0', 'device': 'Orin'}


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'depth_distill_ros' / 'engines'


@pytest.fixture
def folder(tmp_path):
    return engine_parts.shipped_student(tmp_path)


class Maker:
    """Makes other bytes at each call and counts the calls."""

    def __init__(self):
        self.made = 0

    def __call__(self):
        self.made += 1
        return b'engine %d' % self.made


def names(folder):
    """Return the names of all files beside the model."""
    return sorted(path.name for path in (folder / 'engines').iterdir())


def test_a_file_is_made_once_and_read_by_every_later_start(folder):
    maker, log = Maker(), []
    for _ in range(2):
        assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 1'
    assert names(folder) == ['a.engine', 'a.engine.json']
    assert log == [f'written: {folder / "engines/a.engine"}']


def change_weights(folder):
    tensors = load_file(folder / WEIGHTS)
    tensors['head.3.bias'] += 0.1
    save_file(tensors, folder / WEIGHTS)


def change_input_size(folder):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, 'size': [64, 96]}))


def cut_short(folder):
    (folder / 'engines/a.engine').write_bytes(b'engi')


def lose_the_manifest(folder):
    (folder / 'engines/a.engine.json').unlink()


def damage_the_manifest(folder):
    (folder / 'engines/a.engine.json').write_text('["\xff')


@pytest.mark.parametrize(('spoil', 'why'), [
    (change_weights, 'the model has changed'),
    (change_input_size, 'the model has changed'),
    (cut_short, 'it is damaged'),
    (lose_the_manifest, 'a.engine.json is missing or damaged'),
    (damage_the_manifest, 'a.engine.json is missing or damaged'),
])
def test_a_stale_or_damaged_file_is_made_again_and_the_log_gives_the_reason(folder, spoil, why):
    maker, log = Maker(), []
    EngineCache(folder).get('a.engine', GPU, maker)
    spoil(folder)
    assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 2'
    assert 'a.engine is made again: ' + why in log[0]
    assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 2'


@pytest.mark.parametrize('other', [{'device': 'RTX 4090'}, {'tensorrt': '11.4.1'}])
def test_a_file_of_another_device_or_version_is_never_given_to_the_backend(folder, other):
    maker, log = Maker(), []
    EngineCache(folder).get('a.engine', GPU, maker)
    assert EngineCache(folder, log.append).get('a.engine', GPU | other, maker) == b'engine 2'
    (key, value), = other.items()
    assert f'{key} is {value}, it was {GPU[key]}' in log[0]


def test_a_file_of_another_version_of_this_package_is_made_again(folder, monkeypatch):
    maker = Maker()
    EngineCache(folder).get('a.engine', GPU, maker)
    monkeypatch.setattr(engine_cache, '__version__', '99')
    assert EngineCache(folder).get('a.engine', GPU, maker) == b'engine 2'


def test_if_the_folder_of_the_model_cannot_be_written_the_user_s_cache_is_used(folder, cache):
    (folder / 'engines').write_text('in the way')
    maker, log = Maker(), []
    for _ in range(2):
        assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 1'
    assert len(list(cache.glob('*/a.engine'))) == 1
    assert f'cannot write {folder}/engines/a.engine: ' in log[0] and 'written: ' in log[1]
    assert len(log) == 2


def test_nothing_is_put_into_the_package(cache):
    EngineCache(shipped_teacher()).get('a.engine', GPU, Maker())
    assert not (shipped_teacher() / 'engines').exists()
    assert len(list(cache.glob('*/a.engine'))) == 1


def test_a_file_in_the_cache_is_copied_beside_the_model_once_that_can_be_written(folder):
    maker = Maker()
    (folder / 'engines').write_text('in the way')
    EngineCache(folder).get('a.engine', GPU, maker)
    (folder / 'engines').unlink()
    assert EngineCache(folder).get('a.engine', GPU, maker) == b'engine 1'
    assert names(folder) == ['a.engine', 'a.engine.json']


def test_if_no_folder_can_be_written_a_file_is_made_at_each_start(folder, cache):
    (folder / 'engines').write_text('in the way')
    cache.parent.parent.write_text('in the way')
    maker, log = Maker(), []
    assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 1'
    assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 2'
    assert 'written' not in ' '.join(log)


def test_the_user_s_cache_keeps_the_newest_models_only(folder, cache):
    for number in range(20):
        old = cache / f'{number:016d}'
        old.mkdir(parents=True)
        (old / 'student.onnx').write_bytes(b'old')
        os.utime(old, (number, number))
    (folder / 'engines').write_text('in the way')
    EngineCache(folder).get('a.engine', GPU, Maker())
    left = sorted(path.name for path in cache.iterdir())
    assert len(left) == 16 and f'{4:016d}' not in left and f'{5:016d}' in left
    assert len(list(cache.glob('*/a.engine'))) == 1


def test_a_file_that_cannot_be_made_leaves_nothing(folder):
    def fail():
        raise RuntimeError('no')

    with pytest.raises(RuntimeError):
        EngineCache(folder).get('a.engine', GPU, fail)
    assert not (folder / 'engines').exists()


def test_a_copied_model_keeps_its_engine_files(folder, tmp_path):
    maker = Maker()
    EngineCache(folder).get('a.engine', GPU, maker)
    copy = shutil.copytree(folder, tmp_path / 'copy')
    assert EngineCache(copy).get('a.engine', GPU, maker) == b'engine 1'


def test_a_user_without_a_home_has_the_files_beside_the_model(folder, monkeypatch):
    def homeless(*_):
        raise RuntimeError('Could not determine home directory.')

    monkeypatch.delenv('XDG_CACHE_HOME')
    monkeypatch.setattr(engine_cache.Path, 'home', homeless)
    maker, log = Maker(), []
    assert EngineCache(folder, log.append).get('a.engine', GPU, maker) == b'engine 1'
    assert names(folder) == ['a.engine', 'a.engine.json']
    # a model of the package has no other place, and is made each time
    shipped = EngineCache(shipped_teacher(), log.append)
    assert [shipped.get('b.engine', GPU, maker) for _ in range(2)] == [b'engine 2', b'engine 3']


HOMELESS = """
import os, pwd
for name in ('HOME', 'XDG_CACHE_HOME'):
    os.environ.pop(name, None)
def nobody(*_):
    raise KeyError('uid not found')
pwd.getpwuid = pwd.getpwnam = nobody
from depth_distill_ros.inference.engines.openvino_engine import core
print(core().available_devices, os.environ.get('HOME'))
"""


def test_openvino_needs_no_home():
    pytest.importorskip('openvino')
    output, errors = python(HOMELESS).communicate()
    assert output.strip() == "['CPU'] None", errors
