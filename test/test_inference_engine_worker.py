# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine worker: preparation of releases in another process."""

from contextlib import closing
from dataclasses import replace

import engine_parts
import psutil
import pytest
import students

from depth_distill_ros.inference import engine_worker_client as module
from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engine_worker_client import EngineWorkerClient, PreparationError
from depth_distill_ros.inference.parity import ParityLimits

pytestmark = pytest.mark.slow

ENGINE = sorted({'onnxruntime-cpu', 'openvino-f32'} & set(engine_parts.installed()))[0]


@pytest.fixture(scope='module')
def log():
    return []


@pytest.fixture(scope='module')
def worker(log):
    with closing(EngineWorkerClient(log.append)) as worker:
        yield worker


@pytest.fixture
def job(tmp_path):
    folder = students.release(tmp_path, 2.0, size=(64, 64)).folder
    return PrepareRequest(str(folder), ENGINE, '', '', 1, ParityLimits())


def never():
    return False


def test_an_engine_is_selected_and_its_files_are_written(worker, log, job):
    assert worker.prepare(job, never) == ENGINE
    assert log[0] == f'written: {job.folder}/engines/student.onnx'
    assert log[-1].startswith(f'{ENGINE} selected: ') and log[-1].endswith('on 6 frames')


def test_the_engine_of_the_previous_release_is_compared_on_fewer_frames(worker, log, job):
    assert worker.prepare(replace(job, engine='auto', previous_engine=ENGINE), never) == ENGINE
    assert log[-1].startswith(f'{ENGINE} selected: ') and log[-1].endswith('on 2 frames')


def test_if_the_engine_of_the_previous_release_fails_another_is_selected(worker, log, job):
    assert worker.prepare(replace(job, previous_engine='of another machine'), never) == ENGINE
    assert any('no engine "of another machine"' in line for line in log)


def test_a_broken_release_is_rejected_and_the_next_is_prepared(worker, job, tmp_path):
    record = students.release(tmp_path, 1.0)
    students.with_nan(record)
    with pytest.raises(PreparationError, match='NaN or infinity'):
        worker.prepare(replace(job, folder=str(record.folder)), never)
    with pytest.raises(PreparationError, match='nothing is not a model folder'):
        worker.prepare(replace(job, folder=str(tmp_path / 'nothing')), never)
    assert worker.prepare(job, never) == ENGINE


def test_the_limits_of_a_request_are_those_of_the_comparison(worker, job):
    with pytest.raises(PreparationError, match='limits 0 and 1.5'):
        worker.prepare(replace(job, limits=ParityLimits(0.0, 1.5)), never)


def test_a_cancelled_request_ends_the_worker(job):
    with closing(EngineWorkerClient(print)) as worker:
        before = children()
        assert worker.prepare(job, lambda: children() > before) is None
        assert children() == before


def test_a_worker_that_dies_is_reported_in_one_line_and_the_next_request_starts_another(
        job, monkeypatch):
    before = children()
    with closing(EngineWorkerClient(print)) as worker:
        with monkeypatch.context() as patch:
            patch.setattr(module, '_CODE', 'import os; os._exit(9)')
            with pytest.raises(PreparationError, match='worker ended with code 9'):
                worker.prepare(job, never)
        assert worker.prepare(job, never) == ENGINE
        worker.close_if_idle()
        assert children() > before
        monkeypatch.setattr(module, '_IDLE', 0.0)
        worker.close_if_idle()
        assert children() == before


def children():
    return {child.pid for child in psutil.Process().children()}
