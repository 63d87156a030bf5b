# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a launch file started ends with that launch, and only with that."""

import os
import signal
import subprocess
import sys
import time

import pytest
from waiting import alive, wait_until

from depth_distill_ros.ros.support import parent as module
from depth_distill_ros.ros.support.parent import LAUNCHER

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='needs Linux')
NODE = [sys.executable, '-c',
        'import time\n'
        'from depth_distill_ros.ros.support.parent import end_with_launcher\n'
        'end_with_launcher()\n'
        'print("ready", flush=True)\n'
        'time.sleep(600)']
WRAPPED = [sys.executable, '-m', module.__name__]
# the bridge, or Gazebo, which ends its parts at Ctrl-C alone
FOREIGN = [*WRAPPED, 'sh', '-c',
           f'trap "echo interrupted; exit" INT; test -z "${LAUNCHER}" && echo ready; '
           'while :; do sleep 0.05; done']
PARENT = ('import os, subprocess, sys, time\n'
          'environment = dict(os.environ)\n'
          f'if sys.argv[1]: environment[{LAUNCHER!r}] = str(os.getpid())\n'
          'node = subprocess.Popen(sys.argv[2:], env=environment)\n'
          'print(node.pid, flush=True)\n'
          'time.sleep(600)')


def start(launched, command=NODE):
    """Return a parent process and the process id of its node, which is ready."""
    parent = subprocess.Popen([sys.executable, '-c', PARENT, launched, *command],
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
    for command, number in ((NODE, signal.SIGTERM), (FOREIGN, signal.SIGINT)):
        done = subprocess.run(command, env={**os.environ, LAUNCHER: str(gone.pid)},
                              capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (-number, '', '')


def test_a_command_that_is_not_ours_is_interrupted_when_the_launch_is_killed():
    parent, command = start('launched', FOREIGN)
    parent.kill()
    assert parent.stdout.read() == 'interrupted\n'
    parent.wait()
    wait_until(lambda: not alive(command), 'the end of the command')


def test_a_command_that_is_missing_is_one_line():
    done = subprocess.run([*WRAPPED, '/nowhere/gz'], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, '/nowhere/gz: No such file or directory\n')
