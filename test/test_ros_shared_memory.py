# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory of killed processes is removed, and that of living ones is not."""

import fcntl
import os
from pathlib import Path
import re
import time

import pytest

from depth_distill_ros.ros.support.shared_memory import remove_dead_segments

DEAD, LIVING, NEW, OLDER = (f'fastdds_{number:016x}' for number in range(4))


@pytest.fixture
def folder(tmp_path):
    older = OLDER.replace('dds', 'rtps')
    for name in (DEAD, LIVING, NEW, older, 'fastdds_port7412', 'fastdds_notes'):
        for suffix in ('', '_el'):
            (tmp_path / f'{name}{suffix}').write_text('')
            if name != NEW:
                os.utime(tmp_path / f'{name}{suffix}', (time.time() - 60,) * 2)
    return tmp_path


def test_segments_without_a_living_owner_are_removed_and_no_other_file(folder):
    before = {path.name for path in folder.iterdir()}
    with (folder / f'{LIVING}_el').open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert remove_dead_segments(folder) == 2
    left = {path.name for path in folder.iterdir()}
    assert {name.removesuffix('_el') for name in before - left} == {
        DEAD, OLDER.replace('dds', 'rtps')}
    assert len(before - left) == 4
    assert remove_dead_segments(folder) == 1  # the owner has ended


def test_a_machine_without_the_folder_has_nothing_to_remove(tmp_path):
    assert remove_dead_segments(tmp_path / 'none') == 0


def test_a_node_that_ends_removes_its_own(nodes):
    before = _segments(os.listdir('/dev/shm'))
    node = nodes.start('evaluator_node')
    mapped = Path(f'/proc/{node.process.pid}/maps').read_text()
    own = _segments(re.findall(r'/dev/shm/(\w+)', mapped)) - before
    assert own
    assert node.interrupt() == 0
    assert not own & _segments(os.listdir('/dev/shm'))


def _segments(names):
    return {name for name in names if re.fullmatch('fastdds_[0-9a-f]{16}', name)}
