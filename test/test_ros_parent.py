# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node ends with the launch that started it, and only with that."""

import os
import signal
import subprocess
import sys
import time

import pytest
from waiting import alive, wait_until

from depth_distill_ros.ros.support.parent import LAUNCHER

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='needs Linux')
NODE = ('import time\n'
        'from depth_distill_ros.ros.support.parent import end_with_launcher\n'
        'end_with_launcher()\n'
        'print("ready", flush=True)\n'
        'time.sleep(600)')
PARENT = ('import os, subprocess, sys, time\n'
          'environment = dict(os.environ)\n'
          f'if sys.argv[2]: environment[{LAUNCHER!r}] = str(os.getpid())\n'
          'node = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment)\n'
          'print(node.pid, flush=True)\n'
          'time.sleep(600)')


def start(launched):
    """Return a parent process and the process id of its node, which is ready."""
    parent = subprocess.Popen([sys.executable, '-c', PARENT, NODE, launched],
                              stdout=subprocess.PIPE, text=True)
    lines = {parent.stdout.readline().strip() for _ in range(2)}
    lines.remove('ready')
    return parent, int(lines.pop())


def test_a_node_ends_when_the_launch_is_killed():
    parent, node = start('launched')
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(node), 'the end of the node')


def test_a_node_that_no_launch_file_started_outlives_its_parent():
    parent, node = start('')
    parent.kill()
    parent.wait()
    try:
        time.sleep(0.3)
        assert alive(node)
    finally:
        os.kill(node, signal.SIGKILL)


def test_a_node_whose_launch_has_ended_before_it_began_ends_at_once():
    gone = subprocess.Popen([sys.executable, '-c', ''])
    gone.wait()
    done = subprocess.run(
        [sys.executable, '-c', NODE], env={**os.environ, LAUNCHER: str(gone.pid)})
    assert done.returncode == -signal.SIGTERM
