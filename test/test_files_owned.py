# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders with one owner: locks, what killed owners leave, and who may read."""

import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from depth_distill_ros.files import (
    check_regular,
    exclusive,
    private_folder,
    remove_leftovers,
    write_text,
)

ROOT = str(Path(__file__).resolve().parents[1])
DEAD = 2**22 + 1  # above the largest process id of Linux


def owner_of(path):
    """Start a process that locks a file and waits; return it."""
    code = f"""
import sys
from pathlib import Path
from depth_distill_ros.files import exclusive
lock = exclusive(Path({str(path)!r}), ValueError)
print('locked', flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True,
                               env={**os.environ, 'PYTHONPATH': ROOT})
    assert process.stdout.readline() == 'locked\n'
    return process


def test_a_lock_names_its_owner_and_ends_with_it_even_if_it_is_killed(tmp_path):
    path = tmp_path / 'run' / 'distiller.lock'
    owner = owner_of(path)
    with pytest.raises(ValueError, match=f'^{owner.pid}$'):
        exclusive(path, ValueError)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    with exclusive(path, ValueError), pytest.raises(ValueError, match=f'^{os.getpid()}$'):
        exclusive(path, ValueError)
    exclusive(path, ValueError).close()


@pytest.fixture
def folder(tmp_path):
    """Return a folder with what a dead, this and a living process left, and the user's files."""
    living = os.getppid()
    for name in ('last.pt', f'.last.pt.{DEAD}', f'.last.pt.{os.getpid()}', f'.last.pt.{living}',
                 f'.other.pt.{DEAD}', '.last.pt.notes', f'last.pt.{DEAD}', '.last.pt'):
        (tmp_path / name).write_text(name)
    (tmp_path / f'.000007.{DEAD}').mkdir()
    (tmp_path / f'.000007.{DEAD}' / 'weights.safetensors').write_text('half')
    return tmp_path


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_what_dead_processes_left_is_removed_and_nothing_else(folder):
    before = names(folder)
    remove_leftovers(folder, 'last.pt')
    assert before - names(folder) == {f'.last.pt.{DEAD}', f'.last.pt.{os.getpid()}'}
    remove_leftovers(folder, '[0-9]' * 6)
    assert f'.000007.{DEAD}' not in names(folder)


def test_the_owner_of_a_locked_folder_removes_what_any_process_left(folder):
    before = names(folder)
    remove_leftovers(folder, 'last.pt', owned=True)
    assert before - names(folder) == {
        f'.last.pt.{number}' for number in (DEAD, os.getpid(), os.getppid())}


def test_a_writer_that_is_killed_leaves_what_its_next_start_removes(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from depth_distill_ros.files import replacing
with replacing(Path({str(tmp_path)!r}) / 'last.pt') as aside:
    aside.write_text('half of it')
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, '-c', code], env={**os.environ, 'PYTHONPATH': ROOT})
    assert len(names(tmp_path)) == 1
    assert remove_leftovers(tmp_path, 'last.pt') and not names(tmp_path)
    write_text(tmp_path / 'last.pt', 'all')
    assert names(tmp_path) == {'last.pt'}


def test_neither_a_pipe_nor_a_huge_file_nor_a_folder_is_read(tmp_path):
    file, pipe = tmp_path / 'file', tmp_path / 'pipe'
    file.write_text('ten bytes.')
    os.mkfifo(pipe)
    check_regular(file, 10)
    for path, most, reason in ((file, 9, 'more than'), (pipe, 10, 'not a file'),
                               (tmp_path, 10**9, 'not a file'), (tmp_path / 'no', 10, 'No such')):
        with pytest.raises(OSError, match=reason):
            check_regular(path, most)


def test_a_private_folder_is_its_owner_s_alone_also_if_it_was_open_before(tmp_path):
    for path in (tmp_path / 'new' / 'store', tmp_path):
        private_folder(path)
        assert path.stat().st_mode & 0o777 == 0o700
