# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Requests of services that a worker thread carries out between its own steps."""

from __future__ import annotations

from collections.abc import Callable
import queue
import time
from typing import Generic, TypeVar

from depth_distill_ros.errors import DepthDistillError

Caller = TypeVar('Caller')
Action = Callable[[], str]


class RequestQueue(Generic[Caller]):
    """
    Carries out each action once for all who wait for it.

    The worker then has at least as much time for its own work, so that requests in a loop do not
    starve it.

    Args:
        answer: is called with the caller, whether the action succeeded, and its line
    """

    def __init__(self, answer: Callable[[Caller, bool, str], None],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._answer, self._clock = answer, clock
        self._waiting: queue.SimpleQueue[tuple[Action, Caller]] = queue.SimpleQueue()
        self._next = 0.0

    def put(self, action: Action, caller: Caller) -> None:
        """Add a request, from any thread."""
        self._waiting.put((action, caller))

    def handle(self, in_a_hurry: bool = False) -> None:
        """Carry out what is requested; `in_a_hurry`: now, as the worker has nothing else to do."""
        started = self._clock()
        if self._waiting.empty() or started < self._next and not in_a_hurry:
            return
        taken = self._taken()
        try:
            while taken:
                action = next(iter(taken))
                try:
                    success, line = True, action()
                except DepthDistillError as error:
                    success, line = False, str(error)
                for caller in taken.pop(action):
                    self._answer(caller, success, line)
        finally:
            for callers in taken.values():
                for caller in callers:
                    self._answer(caller, False, 'an unexpected error, see the log of the node')
        ended = self._clock()
        self._next = ended + (ended - started)

    def refuse(self, line: str) -> None:
        """Answer all who wait that nothing was done."""
        for callers in self._taken().values():
            for caller in callers:
                self._answer(caller, False, line)

    def _taken(self) -> dict[Action, list[Caller]]:
        taken: dict[Action, list[Caller]] = {}
        while not self._waiting.empty():
            action, caller = self._waiting.get()
            taken.setdefault(action, []).append(caller)
        return taken
