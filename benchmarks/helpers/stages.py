# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time of the stages of a computation that is not changed for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any


class Stages:
    """
    Adds up the seconds of each stage, without those of the stages that it calls.

    Args:
        clock: returns seconds
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.seconds: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = 0.0

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Count what a function of a class or module takes; one that is missing is left out."""
        if hasattr(owner, name):
            setattr(owner, name, self.timed(getattr(owner, name), stage))

    def timed(self, function: Callable, stage: str) -> Callable:
        """Return the function, counted as a stage."""
        @wraps(function)
        def counted(*args: Any, **options: Any) -> Any:
            self._switch()
            self._running.append(stage)
            try:
                return function(*args, **options)
            finally:
                self._switch()
                self._running.pop()
        return counted

    def _switch(self) -> None:
        now = self._clock()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
