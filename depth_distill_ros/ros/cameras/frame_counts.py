# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts what happened to each frame of a camera."""

from __future__ import annotations

from collections import Counter
import threading


class FrameCounts:
    """
    The counts of one camera; safe to use from several threads.

    At any moment received = answered + dropped + rejected + in flight. Dropped and rejected frames
    are also counted by reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = self._answered = 0
        self._dropped: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()

    def receive(self) -> None:
        """Count a frame that arrived."""
        with self._lock:
            self._received += 1

    def answer(self) -> None:
        """Count a frame whose depth was published."""
        with self._lock:
            self._answered += 1

    def drop(self, reason: str) -> None:
        """Count a valid frame that was not processed."""
        with self._lock:
            self._dropped[reason] += 1

    def reject(self, reason: str) -> None:
        """Count a frame that cannot be used."""
        with self._lock:
            self._rejected[reason] += 1

    def values(self) -> dict[str, int]:
        """Return all counts of one moment; those by reason as ``dropped.<reason>`` and so on."""
        with self._lock:
            dropped, rejected = sum(self._dropped.values()), sum(self._rejected.values())
            return {
                'received': self._received, 'answered': self._answered, 'dropped': dropped,
                'rejected': rejected,
                'in_flight': self._received - self._answered - dropped - rejected,
                **{f'dropped.{k}': v for k, v in sorted(self._dropped.items())},
                **{f'rejected.{k}': v for k, v in sorted(self._rejected.items())}}
