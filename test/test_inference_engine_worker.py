# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Preparation of releases in a process of its own."""

from contextlib import closing
from dataclasses import replace

import engine_parts
import psutil
import pytest
import students

from depth_distill_ros.inference import engine_worker_client as module
from depth_distill_ros.inference.engine_worker import Wish
from depth_distill_ros.inference.engine_worker_client import PreparationError, Preparer
from depth_distill_ros.inference.parity import ParityLimits

ENGINE = sorted({'onnxruntime-cpu', 'openvino-f32'} & set(engine_parts.installed()))[0]


@pytest.fixture(scope='module')
def told():
    return []


@pytest.fixture(scope='module')
def preparer(told):
    with closing(Preparer(told.append)) as preparer:
        yield preparer


@pytest.fixture
def wish(tmp_path):
    return Wish(str(students.release(tmp_path, 2.0, size=(64, 64)).folder), ENGINE, '', '', 1,
                ParityLimits())


def wanted():
    return False


def test_an_engine_is_selected_and_its_files_are_there(preparer, told, wish):
    assert preparer.prepare(wish, wanted) == ENGINE
    assert told[0] == f'written: {wish.folder}/engines/student.onnx'
    assert told[-1].startswith(f'{ENGINE} taken: ') and told[-1].endswith('on 6 frames')


def test_the_engine_of_the_release_before_is_compared_on_fewer_frames(preparer, told, wish):
    assert preparer.prepare(replace(wish, engine='auto', likely=ENGINE), wanted) == ENGINE
    assert told[-1].startswith(f'{ENGINE} taken: ') and told[-1].endswith('on 2 frames')


def test_where_the_engine_of_the_release_before_fails_another_is_selected(preparer, told, wish):
    assert preparer.prepare(replace(wish, likely='torch-cuda'), wanted) == ENGINE
    assert any('no NVIDIA GPU' in line for line in told)


def test_a_broken_release_is_refused_and_the_next_is_prepared(preparer, wish, tmp_path):
    record = students.release(tmp_path, 1.0)
    students.with_nan(record)
    with pytest.raises(PreparationError, match='NaN or infinity'):
        preparer.prepare(replace(wish, folder=str(record.folder)), wanted)
    with pytest.raises(PreparationError, match='nothing is no model folder'):
        preparer.prepare(replace(wish, folder=str(tmp_path / 'nothing')), wanted)
    assert preparer.prepare(wish, wanted) == ENGINE


def test_limits_reach_the_comparison(preparer, wish):
    with pytest.raises(PreparationError, match='limits 0 and 1.5'):
        preparer.prepare(replace(wish, limits=ParityLimits(0.0, 1.5)), wanted)


def test_a_preparation_that_nobody_wants_any_more_is_ended(wish):
    with closing(Preparer(print)) as preparer:
        before = children()
        assert preparer.prepare(wish, lambda: children() > before) is None
        assert children() == before


def test_a_process_that_dies_is_one_line_and_the_next_wish_starts_another(wish, monkeypatch):
    before = children()
    with closing(Preparer(print)) as preparer:
        with monkeypatch.context() as patch:
            patch.setattr(module, '_CODE', 'import os; os._exit(9)')
            with pytest.raises(PreparationError, match='has ended with code 9'):
                preparer.prepare(wish, wanted)
        assert preparer.prepare(wish, wanted) == ENGINE
        preparer.rest()
        assert children() > before
        monkeypatch.setattr(module, '_IDLE', 0.0)
        preparer.rest()
        assert children() == before


def children():
    return {child.pid for child in psutil.Process().children()}
