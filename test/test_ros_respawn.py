# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a launch starts a node again."""

from types import SimpleNamespace

import pytest

# the folder launch/ of this package is importable as an empty `launch`
actions = pytest.importorskip(
    'launch.actions', reason='needs launch: source a ROS installation')

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.ros.bringup import BringupError  # noqa: E402
from depth_distill_ros.ros.launch_respawn import LONGEST_DELAY, Respawn  # noqa: E402

RUNNING, ENDING = SimpleNamespace(is_shutdown=False), SimpleNamespace(is_shutdown=True)


class Launch:
    """Starts nodes as Respawn makes them, and ends them."""

    def __init__(self, enabled=True):
        self.respawn = Respawn(self.make, 'stream', enabled)
        self.respawn.start()

    def make(self, on_exit):
        self.on_exit = on_exit

    def end(self, code, context=RUNNING):
        event = SimpleNamespace(returncode=code, process_name='stream_node-1')
        return self.on_exit(event, context)


def test_delays_double_up_to_the_longest_and_start_anew_after_a_long_run():
    respawn = Launch().respawn
    assert [respawn.next_delay(1.0) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert respawn.next_delay(LONGEST_DELAY + 1) == 2
    assert respawn.next_delay(1.0) == 4


def test_a_node_that_was_told_to_end_stays_ended():
    assert Launch().end(0) == []


def test_an_error_that_no_restart_mends_ends_the_launch_and_names_where_it_is_written():
    with pytest.raises(BringupError, match=r'stream cannot run .* \[stream_node-1\]'):
        Launch().end(PERMANENT)


def test_nothing_is_started_again_while_the_launch_ends():
    assert Launch().end(-9, ENDING) == Launch().end(PERMANENT, ENDING) == []


def test_without_respawn_a_crashed_node_stays_ended():
    assert Launch(enabled=False).end(-9) == []


def test_a_crashed_node_is_started_again_even_if_it_then_reports_what_no_restart_mends():
    running = Launch()
    for code, seconds in ((-9, 2), (PERMANENT, 4)):
        line, timer = running.end(code)
        assert f'again in {seconds} s' in line.msg[0].text
        assert isinstance(timer, actions.TimerAction)
        running.respawn.start()
