# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Joins messages of several topics by their exact stamp."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from depth_distill_ros.errors import DepthDistillError

# If stamps jump back by more than this, the simulator was reset; less is reordering in transit.
RESET_NS = 1_000_000_000


class StampPairer:
    """
    Collects one item per topic and stamp and returns each full set once.

    Every item given to ``add`` is counted in exactly one of ``paired`` (once per full set),
    ``unpaired`` and ``duplicates``, or is still ``waiting``.

    Topics may run ahead of each other by up to ``capacity`` stamps. A set that is not full is
    dropped as unpaired if it is the oldest of more than ``capacity``, or if a set with a later
    stamp is full.

    If the stamps of one topic jump back by more than a second, the simulator was reset: all
    waiting items are dropped as unpaired. The other topics follow one by one: what they still
    deliver from before the reset is unpaired too, and their own jump belongs to the same reset.

    Attributes:
        capacity: as above; may be changed
        received: messages per topic
        paired, unpaired, duplicates: full sets, items without partners, items that came twice
        reset_count: resets of the simulator
    """

    def __init__(self, topics: tuple[str, ...], capacity: int = 30) -> None:
        if not topics or len(set(topics)) != len(topics):
            raise DepthDistillError(
                f'pairing: topics must be at least one and all different, found {topics}')
        if capacity < 1:
            raise DepthDistillError(f'pairing: capacity is {capacity}; it must be at least 1')
        self.topics = tuple(topics)
        self.received = dict.fromkeys(topics, 0)
        self.paired = self.unpaired = self.duplicates = self.reset_count = 0
        self.capacity = capacity
        self._waiting: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._done: OrderedDict[int, None] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._before_reset: set[str] = set()

    @property
    def waiting(self) -> int:
        """Number of items whose partners may still arrive."""
        return sum(len(items) for items in self._waiting.values())

    def add(self, topic: str, stamp: int, item: Any) -> dict[str, Any] | None:
        """
        Take one item; return the full set {topic: item} if this item completes it.

        Args:
            topic: one of ``topics`` (KeyError otherwise)
            stamp: nanoseconds
            item: of any type
        """
        self.received[topic] += 1
        if not self._is_after_reset(topic, stamp):
            self.unpaired += 1
            return None
        self._newest[topic] = max(stamp, self._newest.get(topic, stamp))
        if stamp in self._done or topic in self._waiting.get(stamp, ()):
            self.duplicates += 1
            return None
        items = self._waiting.setdefault(stamp, {})
        items[topic] = item
        if len(items) == len(self.topics):
            return self._finish(stamp)
        while len(self._waiting) > self.capacity:
            self._drop(next(iter(self._waiting)))
        return None

    def _is_after_reset(self, topic: str, stamp: int) -> bool:
        """Detect a reset; return whether the item was sent after the last reset."""
        newest = self._newest.get(topic)
        if newest is None:
            return True
        if topic in self._before_reset:
            now = max(s for t, s in self._newest.items() if t not in self._before_reset)
            if stamp >= newest and stamp > now + RESET_NS:
                return False
            self._before_reset.discard(topic)
            self._newest[topic] = stamp
        elif stamp < newest - RESET_NS:
            for old in list(self._waiting):
                self._drop(old)
            self._done.clear()
            self.reset_count += 1
            self._before_reset = set(self._newest) - {topic}
            self._newest[topic] = stamp
        return True

    def _finish(self, stamp: int) -> dict[str, Any]:
        items = self._waiting.pop(stamp)
        self.paired += 1
        self._done[stamp] = None
        if len(self._done) > self.capacity:
            self._done.popitem(last=False)
        # Only sets in front: after reordering, an older set may follow a newer one.
        while self._waiting and next(iter(self._waiting)) < stamp:
            self._drop(next(iter(self._waiting)))
        return items

    def _drop(self, stamp: int) -> None:
        self.unpaired += len(self._waiting.pop(stamp))
