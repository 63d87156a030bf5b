# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A thread of a node that ends with an error never goes unnoticed."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

pytest.importorskip('rclpy')
from lifecycle_msgs.srv import GetState  # noqa: E402
from ros_graph import wait_until  # noqa: E402

CODE = """
from pathlib import Path
import sys
import time
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.process import main
from depth_distill_ros.settings.node import NodeSettings

class Broken(ManagedNode):
    def __init__(self):
        super().__init__('broken', NodeSettings)

    def activate(self):
        self.work(self.fail)

    def fail(self, stop):
        while not Path({told!r}).exists():
            time.sleep(0.05)
        {failure}

sys.exit(main(Broken))
"""
FAILURES = {'an odd text': "raise ValueError('no log takes \\ud800')", 'an exit': 'sys.exit(0)',
            'an error of the package': """
        from depth_distill_ros.errors import DepthDistillError
        raise DepthDistillError('the disk is full; free some space')"""}


def start(nodes, told, failure, *words):
    """Start a node whose worker fails once the file ``told`` exists."""
    return subprocess.Popen(
        [sys.executable, '-c', CODE.format(failure=failure, told=str(told)), '--ros-args', '-r',
         f'__ns:={nodes.namespace}', *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, 'PYTHONPATH': str(Path(__file__).resolve().parents[1])})


@pytest.mark.parametrize('failure', FAILURES.values(), ids=FAILURES)
def test_the_node_says_error_and_exits_with_1_so_that_it_is_started_again(
        nodes, tmp_path, failure):
    name = nodes.topic('broken')
    process = start(nodes, tmp_path / 'told', failure)
    wait_until(lambda: name in nodes.graph.diagnostics, 'that the node is known')
    (tmp_path / 'told').touch()
    wait_until(lambda: nodes.graph.diagnostics.get(name, (0,))[0] == 2, 'an error')
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert 'stopped: ' in output and 'stopped: ' in nodes.graph.diagnostics[name][1]


def test_under_a_manager_the_node_deactivates_and_stays(nodes, tmp_path):
    name = nodes.topic('broken')
    (tmp_path / 'told').touch()
    process = start(nodes, tmp_path / 'told', FAILURES['an odd text'], '-p', 'autostart:=false')
    try:
        from lifecycle_msgs.msg import Transition
        from lifecycle_msgs.srv import ChangeState
        for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request()
            request.transition.id = number
            assert nodes.graph.call(ChangeState, f'{name}/change_state', request).success
        wait_until(lambda: nodes.graph.diagnostics.get(name, (0,))[0] == 2, 'an error')
        wait_until(lambda: nodes.graph.call(
            GetState, f'{name}/get_state', again=True).current_state.label == 'inactive',
            'that it deactivates')
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate(timeout=300)
    assert process.returncode == 0
