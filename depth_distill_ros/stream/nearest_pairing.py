# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Joins the messages of two sensors, whose stamps are never equal.

message_filters' ApproximateTimeSynchronizer is not used: it joins the first two messages within
its tolerance, not the nearest ones, counts nothing, and is not among the PyPI wheels.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from statistics import median
from typing import Any, NamedTuple

from depth_distill_ros.stream.pairing import ResetWatch

_WIDEST = 50_000_000  # ns, default tolerance at low rates: a robot moves in the meantime
_BEFORE_RATES = 10_000_000  # ns, default tolerance while the rates are not known
_INTERVALS = 20  # that a rate is measured over
_SLOWER = 1.2  # factor between two rates that counts as different


class Pair(NamedTuple):
    """Two items that belong together; stamps in nanoseconds."""

    stamps: tuple[int, int]
    items: tuple[Any, Any]


class Lost(NamedTuple):
    """
    An item without a partner.

    Attributes:
        topic, stamp: of the item, nanoseconds
        repeated: whether it had the stamp of an earlier item
        gap: time to the nearest item of the other topic, ns; None if there is none
    """

    topic: str
    stamp: int
    repeated: bool
    gap: int | None


class NearestPairer:
    """
    Pairs items of two topics, each at most once.

    Two items are a pair if neither has a nearer partner and their stamps differ by no more than
    the tolerance. Equal stamps are joined at once, others as soon as no nearer partner can come.
    Stamps of a topic are expected to increase. Every item is paired, lost or waiting.

    Args:
        topics: the two, the one that matters first
        capacity: largest number of items of one topic that wait
    Attributes:
        capacity: as above; may be changed
        tolerance: seconds; 0: half of the shorter period of the two topics, at most 0.05
        received: items per topic
        paired, unpaired, duplicates: pairs, items without partners, items with a repeated stamp
    """

    def __init__(self, topics: tuple[str, str], capacity: int = 60) -> None:
        self.topics, self.tolerance = topics, 0.0
        self.received = dict.fromkeys(topics, 0)
        self.paired = self.unpaired = self.duplicates = 0
        self.capacity = capacity
        self._waiting: dict[str, dict[int, Any]] = {topic: {} for topic in topics}
        self._recent: dict[str, deque[int]] = {
            topic: deque(maxlen=2 * capacity) for topic in topics}
        self._intervals: dict[str, deque[int]] = {
            topic: deque(maxlen=_INTERVALS) for topic in topics}
        self._resets = ResetWatch()
        self._offsets: deque[int] = deque(maxlen=50)
        self._lost: list[Lost] = []

    @property
    def reset_count(self) -> int:
        """Number of resets of the clock."""
        return self._resets.count

    @property
    def waiting(self) -> int:
        """Number of items whose partners may still arrive."""
        return sum(map(len, self._waiting.values()))

    @property
    def offset(self) -> float | None:
        """Median of stamp of the second minus stamp of the first topic, seconds."""
        return median(self._offsets) * 1e-9 if self._offsets else None

    @property
    def slower(self) -> str:
        """The topic with clearly fewer items per second, else the first one."""
        first, second = (self._period(topic) for topic in self.topics)
        return self.topics[bool(first and second and second > _SLOWER * first)]

    def within(self) -> int:
        """Return the tolerance that holds now, nanoseconds."""
        if self.tolerance:
            return round(self.tolerance * 1e9)
        periods = [self._period(topic) for topic in self.topics]
        return min(round(min(periods) / 2), _WIDEST) if all(periods) else _BEFORE_RATES

    def add(self, topic: str, stamp: int, item: Any) -> list[Pair]:
        """Take one item, stamp in nanoseconds; return the pairs that are certain now, in order."""
        self.received[topic] += 1
        newest = self._resets.newest.get(topic)
        after, reset = self._resets.follow(topic, stamp)
        if reset:
            self.clear()
        if not after:
            self._lose(topic, stamp)
            return []
        recent = self._recent[topic]
        if stamp in recent:
            self.duplicates += 1
            self._lost.append(Lost(topic, stamp, True, None))
            return []
        if newest is not None and stamp > newest:
            self._intervals[topic].append(stamp - newest)
        recent.append(stamp)
        waiting = self._waiting[topic]
        waiting[stamp] = item
        pairs = self._resolve(settled=False)
        while len(waiting) > self.capacity:
            oldest = min(waiting)
            del waiting[oldest]
            self._lose(topic, oldest)
        return pairs

    def settle(self) -> list[Pair]:
        """Return the pairs among what waits, as if no further item came."""
        return self._resolve(settled=True)

    def take_lost(self) -> list[Lost]:
        """Return the items that were lost since the last call."""
        lost, self._lost = self._lost, []
        return lost

    def clear(self) -> None:
        """Drop all that waits."""
        for topic, items in self._waiting.items():
            for stamp in items:
                self._lose(topic, stamp)
            items.clear()
        for topic in self.topics:
            self._recent[topic].clear()

    def _period(self, topic: str) -> float:
        intervals = self._intervals[topic]
        return median(intervals) if intervals else 0.0

    def _resolve(self, settled: bool) -> list[Pair]:
        first, second = (self._waiting[topic] for topic in self.topics)
        pairs = []
        while (stamps := self._next(settled)) is not None:
            pairs.append(Pair(stamps, (first.pop(stamps[0]), second.pop(stamps[1]))))
            self._offsets.append(stamps[1] - stamps[0])
        self.paired += len(pairs)
        self._drop_passed()
        return pairs

    def _next(self, settled: bool) -> tuple[int, int] | None:
        """Return the stamps of the first certain pair."""
        firsts, seconds = (sorted(self._waiting[topic]) for topic in self.topics)
        newest = [self._resets.reached(topic) for topic in self.topics]
        most = self.within()
        for a in firsts:
            b = _nearest(seconds, a)
            if b is None or abs(a - b) > most or _nearest(firsts, b) != a:
                continue
            apart = abs(a - b)
            if settled or apart == 0 or (newest[1] >= a + apart and newest[0] >= b + apart):
                return a, b
        return None

    def _drop_passed(self) -> None:
        """Drop the items for which no partner can come any more."""
        if not self.tolerance and not all(map(self._period, self.topics)):
            return  # the tolerance will grow
        most = self.within()
        for topic, other in (self.topics, self.topics[::-1]):
            passed = self._resets.reached(other) - most
            candidates = sorted(self._waiting[other])
            for stamp in [s for s in self._waiting[topic] if s < passed]:
                near = _nearest(candidates, stamp)
                if near is None or abs(near - stamp) > most:
                    del self._waiting[topic][stamp]
                    self._lose(topic, stamp)

    def _lose(self, topic: str, stamp: int) -> None:
        other = self.topics[topic == self.topics[0]]
        near = _nearest(sorted(self._recent[other]), stamp)
        self.unpaired += 1
        self._lost.append(Lost(topic, stamp, False, None if near is None else near - stamp))


def _nearest(stamps: list[int], stamp: int) -> int | None:
    """Return the stamp of an ascending list that is nearest, the earlier of two as near."""
    at = bisect_left(stamps, stamp)
    return min(stamps[max(0, at - 1):at + 1], key=lambda other: abs(other - stamp), default=None)
