# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Ends a process whose executor is stuck, so that its supervisor starts it again.

Fast DDS 3.2 was seen to loop for ever in ``take`` on a message that it could not deserialise.
Python's lock is held meanwhile, so that no thread of Python's can notice; that of faulthandler
needs no lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import faulthandler

LIMIT = 60.0  # seconds; a process that was stopped for longer (SIGSTOP) ends as well


class Watchdog:
    """Ends the process with 1, and its stacks, where ``fed`` is not called in time."""

    def __init__(self) -> None:
        self._on = False

    def fed(self) -> None:
        """Wait for LIMIT from now on."""
        self._on = True
        faulthandler.dump_traceback_later(LIMIT, exit=True)

    def off(self) -> None:
        """Wait no longer."""
        self._on = False
        faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Let something take as long as it needs."""
        faulthandler.cancel_dump_traceback_later()
        try:
            yield
        finally:
            if self._on:
                self.fed()


watchdog = Watchdog()
"""Of this process, as faulthandler has one."""
