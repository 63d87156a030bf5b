# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Joins frames and labels by stamp; both wait for each other for a limited time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class LabelJoin:
    """
    Joins frames and labels of equal stamps in any order of arrival.

    Waiting is measured in real time, since a simulator may run slower or faster.

    Args:
        patience: seconds that a frame or a label waits
        capacity: largest number of waiting frames, and of labels; the oldest is dropped
    Attributes:
        capacity: may be changed
        without_labels, without_frame: number of frames and labels that were dropped
    """

    def __init__(self, patience: float = 2.0, capacity: int = 90) -> None:
        self.without_labels = self.without_frame = 0
        self._patience, self.capacity = patience, capacity
        self._frames: OrderedDict[int, tuple[float, Any]] = OrderedDict()
        self._labels: OrderedDict[int, tuple[float, Any]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Number of frames that wait for labels."""
        return len(self._frames)

    def add_frame(self, stamp: int, frame: Any, now: float) -> Any | None:
        """Return the labels of this frame if they have arrived; else let it wait."""
        labels, replaced = self._match(stamp, frame, now, self._frames, self._labels)
        self.without_labels += replaced
        return labels

    def add_labels(self, stamp: int, labels: Any, now: float) -> Any | None:
        """Return the frame of these labels if it has arrived; else let them wait."""
        frame, replaced = self._match(stamp, labels, now, self._labels, self._frames)
        self.without_frame += replaced
        return frame

    def expire(self, now: float) -> None:
        """Drop and count frames and labels that have waited too long."""
        self.without_labels += self._dropped(self._frames, now)
        self.without_frame += self._dropped(self._labels, now)

    def drain(self) -> list[tuple[int, Any]]:
        """Remove and return (stamp, frame) of all waiting frames."""
        frames = [(stamp, frame) for stamp, (_, frame) in self._frames.items()]
        self._frames.clear()
        return frames

    def clear(self) -> None:
        """Drop and count all waiting frames and labels."""
        self.without_labels += len(self._frames)
        self.without_frame += len(self._labels)
        self._frames.clear()
        self._labels.clear()

    def _match(self, stamp: int, item: Any, now: float, own: OrderedDict[int, tuple[float, Any]],
             others: OrderedDict[int, tuple[float, Any]]) -> tuple[Any | None, bool]:
        """Return the partner or None, and whether `item` replaced another of its stamp."""
        self.expire(now)
        found = others.pop(stamp, None)
        if found is not None:
            return found[1], False
        replaced = own.pop(stamp, None) is not None
        own[stamp] = now, item
        self.expire(now)
        return None, replaced

    def _dropped(self, waiting: OrderedDict[int, tuple[float, Any]], now: float) -> int:
        before = len(waiting)
        while waiting and (len(waiting) > self.capacity
                           or now - next(iter(waiting.values()))[0] > self._patience):
            waiting.popitem(last=False)
        return before - len(waiting)
