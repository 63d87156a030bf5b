# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pauses of the training that keep the latency of inference within its budget."""

from __future__ import annotations

from collections.abc import Callable
import time

_LONGER, _SHORTER = 1.5, 0.8  # factors of the pauses, at each report of the latency
_FEWEST, _MOST = 0.25, 50.0  # pause for each second of training; less is none
_EASY = 0.8  # of the budget, below which pauses become shorter
_AGE = 5.0  # seconds after which a report no longer holds: nobody infers


class LatencyBudget:
    """
    Paces a training by the latency that inference reports.

    The pauses grow by half with each report above the budget and shrink by a fifth with each
    report well below it. They are in proportion to the time trained since the last pause, so that
    a slow machine, whose slices are longer, pauses for longer.

    Args:
        budget: returns milliseconds; 0: no pauses
    Attributes:
        sleep: waits for so many seconds, or less when the training is to end
        paused: seconds in all
    """

    def __init__(self, budget: Callable[[], float], sleep: Callable[[float], object] = time.sleep,
                 clock: Callable[[], float] = time.monotonic):
        self._budget, self.sleep, self._clock = budget, sleep, clock
        self._ratio = 0.0
        self._reported = self._resumed = clock()
        self.paused = 0.0

    @property
    def share(self) -> float:
        """Share of its time that the training trains."""
        return 1 / (1 + self._ratio)

    def report(self, milliseconds: float) -> None:
        """Take the latency of inference, such as its 99th percentile."""
        budget = self._budget()
        self._reported = self._clock()
        if milliseconds > budget:
            self._ratio = min(max(self._ratio * _LONGER, _FEWEST), _MOST)
        elif milliseconds < _EASY * budget:
            self._ratio *= _SHORTER
            if self._ratio < _FEWEST:
                self._ratio = 0.0

    def pause(self) -> None:
        """Wait as long as the time trained since the last pause demands."""
        now = self._clock()
        if not self._budget() or now - self._reported > _AGE:
            self._ratio = 0.0
        if self._ratio:
            seconds = self._ratio * (now - self._resumed)
            self.sleep(seconds)
            self.paused += self._clock() - now
        self._resumed = self._clock()
