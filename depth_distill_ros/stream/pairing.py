# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Joins messages of several topics by their exact stamp."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Any

from depth_distill_ros.errors import DepthDistillError

# If stamps jump back by more than this, the simulator was reset; less is reordering in transit.
RESET_NS = 1_000_000_000


class ResetWatch:
    """
    Detects that the clock behind several topics was reset.

    If the stamps of one topic jump back by more than a second, the simulator was reset. The other
    topics follow one by one: what they still deliver is from before the reset, and their own jump
    belongs to the same reset.

    Attributes:
        count: resets
        newest: latest stamp of each topic
    """

    def __init__(self) -> None:
        self.count = 0
        self.newest: dict[str, int] = {}
        self._before: set[str] = set()

    def reached(self, topic: str) -> int:
        """Return the latest stamp of a topic since the last reset, -1 if there is none."""
        return -1 if topic in self._before else self.newest.get(topic, -1)

    def follow(self, topic: str, stamp: int) -> tuple[bool, bool]:
        """Return whether the item is from after the last reset, and whether it shows a new one."""
        newest = self.newest.get(topic)
        reset = False
        if newest is not None and topic in self._before:
            now = max(s for t, s in self.newest.items() if t not in self._before)
            if stamp >= newest and stamp > now + RESET_NS:
                return False, False
            self._before.discard(topic)
            self.newest[topic] = stamp
        elif newest is not None and stamp < newest - RESET_NS:
            reset = True
            self.count += 1
            self._before = set(self.newest) - {topic}
            self.newest[topic] = stamp
        self.newest[topic] = max(stamp, self.newest.get(topic, stamp))
        return True, reset


class StampPairer:
    """
    Collects one item per topic and stamp and returns each full set once.

    Every item given to ``add`` is counted in exactly one of ``paired`` (once per full set),
    ``unpaired`` and ``duplicates``, or is still ``waiting``.

    Topics may run ahead of each other by up to ``capacity`` stamps. A set that is not full is
    dropped as unpaired if it is the oldest of more than ``capacity``, or if a set with a later
    stamp is full.

    At a reset (see ``ResetWatch``) all waiting items are dropped as unpaired, and so is what the
    other topics still deliver from before it.

    Attributes:
        capacity: as above; may be changed
        received: messages per topic
        paired, unpaired, duplicates: full sets, items without partners, items that came twice
        starved: items of the first topic since the last full set
        lost: dropped stamps that could have been full sets: those with an item of the topic with
            the fewest items, or if no later set was full. A topic may be faster than another
    """

    def __init__(self, topics: tuple[str, ...], capacity: int = 30) -> None:
        if not topics or len(set(topics)) != len(topics):
            raise DepthDistillError(
                f'pairing: topics must be at least one and all different, found {topics}')
        if capacity < 1:
            raise DepthDistillError(f'pairing: capacity is {capacity}; it must be at least 1')
        self.topics = tuple(topics)
        self.received = dict.fromkeys(topics, 0)
        self.paired = self.unpaired = self.duplicates = self.lost = self.starved = 0
        self._missing: Counter[str] = Counter()
        self.capacity = capacity
        self._waiting: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._done: OrderedDict[int, None] = OrderedDict()
        self._resets = ResetWatch()

    @property
    def reset_count(self) -> int:
        """Number of resets of the simulator."""
        return self._resets.count

    @property
    def waiting(self) -> int:
        """Number of items whose partners may still arrive."""
        return sum(len(items) for items in self._waiting.values())

    def missing(self) -> str:
        """Return the topic that most items of the first topic without a full set lack."""
        waiting = Counter(topic for items in self._waiting.values() if self.topics[0] in items
                          for topic in set(self.topics) - set(items))
        return max(self.topics, key=(self._missing + waiting).__getitem__)

    def add(self, topic: str, stamp: int, item: Any) -> dict[str, Any] | None:
        """
        Take one item; return the full set {topic: item} if this item completes it.

        Args:
            topic: one of ``topics`` (KeyError otherwise)
            stamp: nanoseconds
            item: of any type
        """
        self.received[topic] += 1
        after, reset = self._resets.follow(topic, stamp)
        if reset:
            for old in list(self._waiting):
                self._drop(old)
            self._done.clear()
        if not after:
            self.unpaired += 1
            return None
        if stamp in self._done or topic in self._waiting.get(stamp, ()):
            self.duplicates += 1
            return None
        self.starved += topic == self.topics[0]
        items = self._waiting.setdefault(stamp, {})
        items[topic] = item
        if len(items) == len(self.topics):
            return self._finish(stamp)
        while len(self._waiting) > self.capacity:
            self._drop(next(iter(self._waiting)), pushed_out=True)
        return None

    def _finish(self, stamp: int) -> dict[str, Any]:
        items = self._waiting.pop(stamp)
        self.paired += 1
        self.starved = 0
        self._done[stamp] = None
        if len(self._done) > self.capacity:
            self._done.popitem(last=False)
        # Only sets in front: after reordering, an older set may follow a newer one.
        while self._waiting and next(iter(self._waiting)) < stamp:
            self._drop(next(iter(self._waiting)))
        return items

    def _drop(self, stamp: int, pushed_out: bool = False) -> None:
        items = self._waiting.pop(stamp)
        rarest = min(self.topics, key=self.received.__getitem__)
        decisive = self.topics[0] if pushed_out else rarest
        self.lost += decisive in items
        self.unpaired += len(items)
        if self.topics[0] in items:
            self._missing.update(set(self.topics) - set(items))
