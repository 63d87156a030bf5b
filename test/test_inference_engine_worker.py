# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine worker: preparation of releases in another process."""

from contextlib import closing
from dataclasses import replace
import os
import signal
import time

import engine_parts
import forking_engine
import psutil
import pytest
import students

from depth_distill_ros.inference import engine_worker_client as module
from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engine_worker_client import (
    EngineWorkerClient,
    PreparationError,
    WorkerEndedError,
)
from depth_distill_ros.inference.parity import ParityLimits

pytestmark = pytest.mark.slow


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
    return PrepareRequest(str(folder), engine_parts.prepared(), '', (), 1, ParityLimits())


def never():
    return False


def test_an_engine_is_selected_and_its_files_are_written(worker, log, job):
    assert worker.prepare(job, never) == job.engine
    assert log[0] == f'written: {job.folder}/engines/student.onnx'
    assert log[-1].startswith(f'{job.engine} selected: ') and log[-1].endswith('on 6 frames')


def test_the_engine_of_the_previous_release_is_compared_on_fewer_frames(worker, log, job):
    again = replace(job, engine='auto', previous_engine=job.engine)
    assert worker.prepare(again, never) == job.engine
    assert log[-1].startswith(f'{job.engine} selected: ') and log[-1].endswith('on 2 frames')


def test_if_the_engine_of_the_previous_release_fails_another_is_selected(worker, log, job):
    assert worker.prepare(
        replace(job, previous_engine='of another machine'), never) == job.engine
    assert any('no engine "of another machine"' in line for line in log)


def test_a_broken_release_is_rejected_and_the_next_is_prepared(worker, job, tmp_path):
    record = students.release(tmp_path, 1.0)
    students.with_nan(record)
    with pytest.raises(PreparationError, match='NaN or infinity'):
        worker.prepare(replace(job, folder=str(record.folder)), never)
    with pytest.raises(PreparationError, match='nothing is not a model folder'):
        worker.prepare(replace(job, folder=str(tmp_path / 'nothing')), never)
    assert worker.prepare(job, never) == job.engine


def test_the_limits_of_a_request_are_those_of_the_comparison(worker, job):
    with pytest.raises(PreparationError, match='limits 0 and 1.5'):
        worker.prepare(replace(job, limits=ParityLimits(0.0, 1.5)), never)


def test_a_cancelled_request_ends_the_worker(job):
    with closing(EngineWorkerClient(print)) as worker:
        before = children()
        assert worker.prepare(job, lambda: children() > before) is None
        assert children() == before


def test_a_worker_that_ends_early_is_started_once_more_and_ends_after_a_while_without_requests(
        job, monkeypatch):
    log, killed, before = [], [], children()

    def kill_the_first(line):
        log.append(line)
        if not killed:
            killed.extend(children() - before)
            os.kill(killed[0], signal.SIGKILL)

    with closing(EngineWorkerClient(log.append)) as worker:
        with monkeypatch.context() as patch:
            patch.setattr(module, '_CODE', 'import os; os._exit(9)')
            with pytest.raises(WorkerEndedError, match='worker ended with code 9'):
                worker.prepare(job, never)
        worker._log = kill_the_first
        assert worker.prepare(job, never) == job.engine
        assert any('ended with code -9' in line and 'once more' in line for line in log)
        assert len(killed) == 1
        worker.close_if_idle()
        assert children() > before
        monkeypatch.setattr(module, '_IDLE', 0.0)
        worker.close_if_idle()
        assert children() == before


def test_what_a_library_forks_in_the_worker_ends_with_it(job, tmp_path, monkeypatch):
    forked = forking_engine.write(tmp_path)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    with closing(EngineWorkerClient(print)) as worker:
        request = replace(job, engine='onnxruntime-cpu')
        assert worker.prepare(request, lambda: forked.exists() and forked.read_text()) is None
    wait_until_ended(int(forked.read_text()))


def test_a_killed_parent_leaves_neither_the_worker_nor_what_was_forked_in_it(
        job, tmp_path, host):
    forked = forking_engine.write(tmp_path)
    code = f"""
from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engine_worker_client import EngineWorkerClient
from depth_distill_ros.inference.parity import ParityLimits
worker = EngineWorkerClient(print)
worker.prepare(PrepareRequest({job.folder!r}, 'onnxruntime-cpu', '', (), 1, ParityLimits()),
               lambda: False)
"""
    with (tmp_path / 'log').open('w') as output:
        parent = host.start(['-c', code], output, {'PYTHONPATH': str(tmp_path)})
    while not (forked.exists() and forked.read_text()):
        assert parent.poll() is None, (tmp_path / 'log').read_text()
        time.sleep(0.05)
    worker, = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait()
    wait_until_ended(worker.pid)
    wait_until_ended(int(forked.read_text()))


def wait_until_ended(pid):
    """Wait for the end of a process; a zombie, which its parent has not asked for, has ended."""
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)


def children():
    return {child.pid for child in psutil.Process().children()}
