# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Messages of several topics joined by their exact stamp."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from depth_distill_ros.errors import DepthDistillError

# A simulator reset takes a topic back by more than this; less is disorder on the way.
RESET_NS = 1_000_000_000


class StampPairer:
    """
    Collects one item per topic and stamp and hands out each full set once.

    Every item given to ``add`` ends in exactly one of ``paired`` (counted once per full set),
    ``unpaired``, ``duplicates`` or, for now, ``waiting``.

    Topics may run ahead of each other by up to ``capacity`` stamps. An item is unpaired once
    its set is the oldest of more than ``capacity`` waiting ones, or once a set of a newer
    stamp is full: each topic has then gone past it.

    When the stamps of one topic fall by more than a second, the simulator was reset: what
    waits belongs to the time before and is dropped as unpaired. The other topics follow one
    by one; what they still deliver from before is unpaired too, and their own fall is part of
    the same reset.

    Attributes
    ----------
    received : messages per topic
    paired, unpaired, duplicates : full sets, items left alone, items that came twice
    reset_count : simulator resets

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
        self._capacity = capacity
        self._waiting: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._done: OrderedDict[int, None] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._before_reset: set[str] = set()

    @property
    def waiting(self) -> int:
        """Items whose partners may still come."""
        return sum(len(items) for items in self._waiting.values())

    def add(self, topic: str, stamp: int, item: Any) -> dict[str, Any] | None:
        """
        Take one message; return the full set {topic: item} if this was its last part.

        Parameters
        ----------
        topic : one of ``topics`` (KeyError otherwise)
        stamp : nanoseconds
        item : anything, handed back in the set

        """
        self.received[topic] += 1
        if not self._belongs_to_now(topic, stamp):
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
        if len(self._waiting) > self._capacity:
            self._drop(next(iter(self._waiting)))
        return None

    def _belongs_to_now(self, topic: str, stamp: int) -> bool:
        """Notice a reset; return whether the message is of the time after the last one."""
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
        if len(self._done) > self._capacity:
            self._done.popitem(last=False)
        # Oldest first; an older one behind a newer one (disorder) leaves when it comes first.
        while self._waiting and next(iter(self._waiting)) < stamp:
            self._drop(next(iter(self._waiting)))
        return items

    def _drop(self, stamp: int) -> None:
        self.unpaired += len(self._waiting.pop(stamp))
