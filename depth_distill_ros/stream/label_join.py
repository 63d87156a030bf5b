# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Frames wait for the labels of their stamp, and labels for their frame; neither for long."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class LabelJoin:
    """
    Joins frames and labels of equal stamps, in whatever order they come.

    Both wait by the clock on the wall, as a simulator may run slower or faster than it.

    Parameters
    ----------
    patience : seconds that either waits for the other
    capacity : frames, and labels, that wait at most; then the oldest goes

    Attributes
    ----------
    without_labels, without_frame : frames and labels that were dropped alone

    """

    def __init__(self, patience: float = 2.0, capacity: int = 90) -> None:
        self.without_labels = self.without_frame = 0
        self._patience, self._capacity = patience, capacity
        self._frames: OrderedDict[int, tuple[float, Any]] = OrderedDict()
        self._labels: OrderedDict[int, tuple[float, Any]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Frames whose labels may still come."""
        return len(self._frames)

    def add_frame(self, stamp: int, frame: Any, now: float) -> Any | None:
        """Return the labels of this frame if they are there, or let it wait."""
        labels, replaced = self._met(stamp, frame, now, self._frames, self._labels)
        self.without_labels += replaced
        return labels

    def add_labels(self, stamp: int, labels: Any, now: float) -> Any | None:
        """Return the frame of these labels if it is there, or let them wait."""
        frame, replaced = self._met(stamp, labels, now, self._labels, self._frames)
        self.without_frame += replaced
        return frame

    def expire(self, now: float) -> None:
        """Drop and count what has waited too long."""
        self.without_labels += self._dropped(self._frames, now)
        self.without_frame += self._dropped(self._labels, now)

    def drain(self) -> list[tuple[int, Any]]:
        """Return (stamp, frame) of all that wait, for use without labels."""
        frames = [(stamp, frame) for stamp, (_, frame) in self._frames.items()]
        self._frames.clear()
        return frames

    def clear(self) -> None:
        """Drop and count all that waits: time has begun again."""
        self.without_labels += len(self._frames)
        self.without_frame += len(self._labels)
        self._frames.clear()
        self._labels.clear()

    def _met(self, stamp: int, thing: Any, now: float, own: OrderedDict[int, tuple[float, Any]],
             others: OrderedDict[int, tuple[float, Any]]) -> tuple[Any | None, bool]:
        """Return what `thing` waits for, or let it wait; and whether it took another's place."""
        self.expire(now)
        found = others.pop(stamp, None)
        if found is not None:
            return found[1], False
        replaced = own.pop(stamp, None) is not None
        own[stamp] = now, thing
        self.expire(now)
        return None, replaced

    def _dropped(self, waiting: OrderedDict[int, tuple[float, Any]], now: float) -> int:
        before = len(waiting)
        while waiting and (len(waiting) > self._capacity
                           or now - next(iter(waiting.values()))[0] > self._patience):
            waiting.popitem(last=False)
        return before - len(waiting)
