# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The slot between a camera and a worker that cannot keep up, and the book kept about it."""

from __future__ import annotations

from collections import Counter
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class NewestSlot(Generic[Item]):
    """Holds one item between threads; a newer one takes its place."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Item | None = None

    def put(self, item: Item) -> Item | None:
        """Leave an item; return the one it replaces, if nobody took that."""
        with self._changed:
            replaced, self._item = self._item, item
            self._changed.notify()
        return replaced

    def take(self, timeout: float = 0.0) -> Item | None:
        """Return the item and empty the slot; None if none came within ``timeout`` seconds."""
        with self._changed:
            if self._item is None:
                self._changed.wait(timeout)
            item, self._item = self._item, None
        return item


class FrameLedger:
    """
    Counts what became of every frame.

    received = answered + dropped + rejected + in flight, at any moment; dropped and rejected
    are kept by reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = self._answered = 0
        self._dropped: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()

    def receive(self) -> None:
        """Note a frame that came in."""
        with self._lock:
            self._received += 1

    def answer(self) -> None:
        """Note a frame whose depth went out."""
        with self._lock:
            self._answered += 1

    def drop(self, reason: str) -> None:
        """Note a good frame that nobody had time or a network for."""
        with self._lock:
            self._dropped[reason] += 1

    def reject(self, reason: str) -> None:
        """Note a frame that cannot be used."""
        with self._lock:
            self._rejected[reason] += 1

    def values(self) -> dict[str, int]:
        """Return all counts of one moment: totals, then ``dropped.reason`` and so on."""
        with self._lock:
            dropped, rejected = sum(self._dropped.values()), sum(self._rejected.values())
            return {
                'received': self._received, 'answered': self._answered, 'dropped': dropped,
                'rejected': rejected,
                'in_flight': self._received - self._answered - dropped - rejected,
                **{f'dropped.{k}': v for k, v in sorted(self._dropped.items())},
                **{f'rejected.{k}': v for k, v in sorted(self._rejected.items())}}
