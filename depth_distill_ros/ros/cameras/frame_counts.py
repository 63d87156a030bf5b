# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts what happened to each frame of a camera."""

from __future__ import annotations

from collections import Counter
import threading

_WHAT = ('received', 'answered', 'dropped', 'rejected')


class FrameCounts:
    """
    The counts of one camera; safe to use from several threads.

    At any moment received = answered + dropped + rejected + in flight. Dropped and rejected frames
    are also counted by reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, what: str, reason: str = '') -> None:
        """
        Count a frame.

        what: received (it arrived), answered (its depth was published), dropped (a valid frame
            was not processed) or rejected (it cannot be used); the last two for a reason
        """
        with self._lock:
            self._counts[what] += 1
            if reason:
                self._counts[f'{what}.{reason}'] += 1

    def values(self) -> dict[str, int]:
        """Return all counts of one moment; those by reason as ``dropped.<reason>`` and so on."""
        with self._lock:
            counts = self._counts.copy()
        totals = {what: counts.pop(what, 0) for what in _WHAT}
        received, *ends = totals.values()
        return {**totals, 'in_flight': received - sum(ends), **dict(sorted(counts.items()))}
