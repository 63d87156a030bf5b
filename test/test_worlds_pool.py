# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The processes that render for a training."""

import ctypes
import os
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
import time
from depth_distill_ros.worlds.mujoco.pool import RenderedPool
if __name__ == '__main__':
    pool = RenderedPool('target', 3, (32, 48), (16, 24), capacity=64, frames_per_room=2)
    pool.draw(2)
    print(pool._processes[0].pid, flush=True)
    time.sleep(3600)
"""
_PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def adopting():
    """Let this process adopt the children of a killed child, as a session manager does."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    yield
    prctl(_PR_SET_CHILD_SUBREAPER, 0)


def test_a_renderer_ends_with_its_killed_training_whoever_adopts_it(tmp_path, adopting):
    file = tmp_path / 'training.py'
    file.write_text(CODE)
    training = subprocess.Popen(
        [sys.executable, str(file)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, 'PYTHONPATH': str(Path(__file__).resolve().parents[1])})
    renderer = int(training.stdout.readline())
    training.kill()
    training.wait()
    assert os.waitpid(renderer, 0)[0] == renderer  # returns once it has ended
