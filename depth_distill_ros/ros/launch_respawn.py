# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ``ros2 launch`` does when a node ends."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import TYPE_CHECKING

from depth_distill_ros.errors import PERMANENT
from depth_distill_ros.ros.bringup import BringupError

if TYPE_CHECKING:
    from launch import Action, LaunchContext
    from launch.events.process import ProcessExited
    from launch_ros.actions import Node

OnExit = Callable[['ProcessExited', 'LaunchContext'], 'list[Action]']
FIRST_DELAY, LONGEST_DELAY = 2.0, 60.0


class Respawn:
    """
    Starts one node again when it crashes.

    launch's own respawn starts again whatever ended, at one rate and without end. Here a node that
    ended with 0 was told to end and stays ended. A node whose first start fails with an error that
    no restart mends ends the launch: its error is then the last thing on the screen, and the exit
    code of ``ros2 launch`` is 1. After any other end it is started again, each time after twice
    the delay, until it has run for longer than the longest one.

    Args:
        make: returns the node for an ``on_exit`` callback; a launch action runs only once
        name: of the node
        enabled: False: it is not started again
    """

    def __init__(self, make: Callable[[OnExit], Node], name: str, enabled: bool) -> None:
        self._make, self._name, self._enabled = make, name, enabled
        self._starts, self._began, self._delay = 0, 0.0, FIRST_DELAY

    def start(self) -> Node:
        """Return the action that starts the node."""
        self._starts += 1
        self._began = time.monotonic()
        return self._make(self._ended)

    def _ended(self, event: ProcessExited, context: LaunchContext) -> list[Action]:
        from launch.actions import LogInfo, OpaqueFunction, TimerAction

        if context.is_shutdown or event.returncode == 0:
            return []
        if event.returncode == PERMANENT and self._starts == 1:
            raise BringupError(
                f'{self._name} cannot run as it is set up: its error is the last line of '
                f'[{event.process_name}]')
        if not self._enabled:
            return []
        delay = self.next_delay(time.monotonic() - self._began)
        return [LogInfo(msg=f'{self._name} is started again in {delay:.0f} s'), TimerAction(
            period=delay, actions=[OpaqueFunction(function=lambda _: [self.start()])])]

    def next_delay(self, ran: float) -> float:
        """Return how long to wait, in seconds, after a node that ran for `ran` seconds."""
        if ran > LONGEST_DELAY:
            self._delay = FIRST_DELAY
        delay, self._delay = self._delay, min(2 * self._delay, LONGEST_DELAY)
        return delay
