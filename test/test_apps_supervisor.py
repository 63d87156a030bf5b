# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The supervisor keeps its processes running and leaves none behind."""

import os
from pathlib import Path
import re
import signal
import subprocess
import sys

import pytest
from waiting import alive, wait_until

from depth_distill_ros.apps.supervisor import Supervisor, SupervisorError
from depth_distill_ros.errors import PERMANENT

ROOT = Path(__file__).resolve().parents[1]

# A process that ends on SIGINT, with a child of its own that would not.
PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-S', '-c',
    'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)'])
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print('ready', child.pid, flush=True)
time.sleep(600)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('ready 0', flush=True)
time.sleep(600)
"""


def python(source):
    return [sys.executable, '-S', '-c', source]


def ready(log, times=1):
    return log.exists() and log.read_text().count('ready') >= times


@pytest.fixture
def supervise(tmp_path):
    made = []

    def make(**commands):
        made.append(Supervisor(commands, tmp_path, {}))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop(grace=0.1)


def test_a_killed_process_is_started_again_and_the_others_go_on(supervise, tmp_path):
    supervisor = supervise(a=python(PARENT), b=python(PARENT))
    wait_until(lambda: ready(tmp_path / 'a.log') and ready(tmp_path / 'b.log'), 'both are ready')
    first, second = supervisor.children
    before, grandchild = first.process.pid, int((tmp_path / 'a.log').read_text().split()[1])
    other = second.process.pid

    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not alive(before), 'its end')
    assert supervisor.restart_exited() == ['a']

    wait_until(lambda: ready(tmp_path / 'a.log', times=2), 'it is ready again')
    assert (first.restarts, second.restarts) == (1, 0)
    assert first.process.pid != before
    assert second.process.pid == other and alive(other)
    wait_until(lambda: not alive(grandchild), 'the end of its child')


def test_nothing_is_restarted_while_all_run(supervise, tmp_path):
    supervisor = supervise(a=python(PARENT))
    wait_until(lambda: ready(tmp_path / 'a.log'), 'it is ready')
    assert supervisor.restart_exited() == []


def test_stop_ends_every_process_and_what_it_started(supervise, tmp_path):
    supervisor = supervise(a=python(PARENT), b=python(PARENT))
    logs = [tmp_path / 'a.log', tmp_path / 'b.log']
    wait_until(lambda: all(ready(log) for log in logs), 'both are ready')
    pids = [child.process.pid for child in supervisor.children]
    pids += [int(log.read_text().split()[1]) for log in logs]

    supervisor.stop()

    assert [child.process.returncode for child in supervisor.children] == [0, 0]
    wait_until(lambda: not any(alive(pid) for pid in pids), 'the end of all')


def test_a_process_deaf_to_sigint_gets_sigterm(supervise, tmp_path):
    supervisor = supervise(a=python(STUBBORN))
    wait_until(lambda: ready(tmp_path / 'a.log'), 'it is ready')
    supervisor.stop(grace=0.1)
    assert supervisor.children[0].process.returncode == -signal.SIGTERM


def test_a_process_that_dies_at_once_again_and_again_is_named_with_its_last_words(supervise):
    supervisor = supervise(broken=python("import sys; sys.exit('teacher not found')"))
    with pytest.raises(SupervisorError, match='broken exited 5 times.*teacher not found'):
        for _ in range(5):
            wait_until(lambda: supervisor.children[0].process.poll() is not None, 'its end')
            supervisor.restart_exited()


def test_a_process_with_an_error_that_no_restart_mends_is_not_started_again(supervise):
    supervisor = supervise(broken=python(
        f"import sys; print('no such model', flush=True); sys.exit({PERMANENT})"))
    wait_until(lambda: supervisor.children[0].process.poll() is not None, 'its end')
    with pytest.raises(SupervisorError, match='broken cannot run as it is set up: no such model'):
        supervisor.restart_exited()
    assert supervisor.children[0].restarts == 0


def test_a_command_that_does_not_exist_is_named_and_nothing_is_left(tmp_path):
    with pytest.raises(SupervisorError, match='/nowhere/node'):
        Supervisor({'a': python(PARENT), 'b': ['/nowhere/node']}, tmp_path, {})
    # it may have been ended before it was ready, with or without last words
    started = re.search(r'ready (\d+)', (tmp_path / 'a.log').read_text())
    wait_until(lambda: not started or not alive(int(started[1])), 'its end')


def test_the_processes_of_a_killed_supervisor_end(tmp_path):
    sleeper = python("import time; print('up', flush=True); time.sleep(600)")
    source = (
        'import time; from pathlib import Path;'
        'from depth_distill_ros.apps.supervisor import Supervisor;'
        f'supervisor = Supervisor({{"a": {sleeper!r}}}, Path({str(tmp_path)!r}), {{}});'
        'print(supervisor.children[0].process.pid, flush=True); time.sleep(600)')
    outer = subprocess.Popen([sys.executable, '-c', source], stdout=subprocess.PIPE, cwd=ROOT)
    pid = int(outer.stdout.readline())
    wait_until((tmp_path / 'a.log').read_text, 'a line in its log')
    outer.kill()
    outer.wait()
    outer.stdout.close()
    wait_until(lambda: not alive(pid), 'its end')
