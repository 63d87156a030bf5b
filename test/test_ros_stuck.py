# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that hangs in a library with Python's lock ends; a long configuration does not."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

pytest.importorskip('rclpy')

CODE = """
import ctypes
import sys
import time
from depth_distill_ros.ros.support import process, stuck
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.node import NodeSettings

stuck.LIMIT = 3.0

class Hanging(ManagedNode):
    def __init__(self):
        super().__init__('hanging', NodeSettings)
        self.again = 0
        self.steady_timer(1.5, self.act)

    def configure(self):
        time.sleep(2 * stuck.LIMIT * self.again)

    def act(self):
        self.again += 1
        if self.again == 1:  # from the executor, as when a service asks for it
            self.trigger_deactivate(), self.trigger_cleanup(), self.trigger_configure()
        else:
            print('hangs', flush=True)
            ctypes.PyDLL(None).sleep(300)

sys.exit(process.main(Hanging))
"""


def test_a_node_that_hangs_with_pythons_lock_exits_with_1_and_its_stack(graph):
    ended = subprocess.run(
        [sys.executable, '-c', CODE, '--ros-args', '-p', 'autostart:=true'], capture_output=True,
        text=True, env={**os.environ, 'PYTHONPATH': str(Path(__file__).resolve().parents[1])})
    assert ended.returncode == 1 and 'hangs' in ended.stdout
    assert 'Timeout' in ended.stderr and 'in act' in ended.stderr
