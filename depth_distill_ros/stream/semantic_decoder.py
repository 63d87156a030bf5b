# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recognises what the ids in semantic images mean, and decodes them to classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from depth_distill_ros.errors import printable
from depth_distill_ros.stream.class_table import ClassTable
from depth_distill_ros.stream.isaac_labels import parse
from depth_distill_ros.stream.label_join import LabelJoin
from depth_distill_ros.stream.semantics import LABELS_MAP, SemanticsError, label_ids, to_classes

MEANINGS = {
    'ids': 'ids of the class table',
    'labels_map': "Gazebo's labels_map, ids of the class table",
    'isaac': "Isaac Sim's ids, with a message of names for each frame",
    'label_info': 'ids, named by vision_msgs/LabelInfo',
}
_ISAAC_ENCODING = '32SC1'
# Seconds that Isaac Sim's label publisher may start after its images. Less than the time that
# frames wait for labels.
_UNDECIDED = 1.5
_MOST_UNKNOWN = 100  # names and ids that are counted
_LONGEST = 60  # characters of a name that are kept


class Ready(NamedTuple):
    """
    A frame whose classes can be decoded.

    Attributes:
        stamp: nanoseconds
        frame: as given to ``SemanticDecoder.add``
        names: of its ids; None if the ids are those of the class table
    """

    stamp: int
    frame: Any
    names: Mapping[int, str] | None


class SemanticDecoder:
    """
    Decodes semantic images of one kind; with 'auto' it recognises the kind.

    rgb8 is Gazebo's labels_map. 32SC1 is Isaac Sim's if labels are published, and its frames wait
    for their labels. Everything else holds ids, which LabelInfo names if it was received.
    Times are seconds of a clock that only increases.

    Args:
        kind: 'auto' or a key of MEANINGS
        table: classes of names and ids
    Attributes:
        kind: key of MEANINGS, 'auto' while it is not known
        unknown: number of frames for each name or id that the table lacks
        labels: messages of labels received
        join: frames and labels that wait for each other
    """

    def __init__(self, kind: str, table: ClassTable) -> None:
        self.kind = self._asked = kind
        self.unknown: Counter[str] = Counter()
        self.labels = 0
        self.join = LabelJoin()
        self._table = table
        self._named = False
        self._info: Mapping[int, str] | None = None
        self._undecided_since: float | None = None

    def add(self, stamp: int, encoding: str, frame: Any, now: float) -> list[Ready]:
        """Take one frame of any type; return it, or [] if it has to wait for its labels."""
        self.kind = self._recognise(encoding, now)
        if self.kind == 'label_info':
            return [Ready(stamp, frame, self._info or {})]
        if self.kind not in ('isaac', 'auto'):
            return [Ready(stamp, frame, None)]
        names = self.join.add_frame(stamp, frame, now)
        return [] if names is None else [Ready(stamp, frame, names)]

    def add_labels(self, text: str, now: float) -> list[Ready]:
        """
        Take one message of Isaac Sim's labels; return the frame that waited for it.

        Raises:
            LabelsError: it cannot be read.
        """
        self._named = True
        self.labels += 1
        labels = parse(text)
        frame = self.join.add_labels(labels.stamp, labels.names, now)
        return [] if frame is None else [Ready(labels.stamp, frame, labels.names)]

    def set_info(self, names: Mapping[int, str]) -> None:
        """Take the names of LabelInfo for all later frames."""
        self._info = dict(names)

    def tick(self, labels_published: bool, now: float) -> list[Ready]:
        """Drop frames that waited too long; return those that turn out to need no labels."""
        self._named |= labels_published
        self.join.expire(now)
        if self.kind != 'auto' or self._undecided_since is None:
            return []
        self.kind = self._recognise(_ISAAC_ENCODING, now)
        return [] if self.kind != 'ids' else [
            Ready(stamp, frame, None) for stamp, frame in self.join.drain()]

    def reset(self) -> None:
        """Drop all waiting frames and labels."""
        self.join.clear()

    def decode(
            self, array: np.ndarray, encoding: str,
            names: Mapping[int, str] | None) -> tuple[np.ndarray, list[str]]:
        """
        Return the classes of an image.

        Args:
            array, encoding: as for ``semantics.label_ids``
            names: from its ``Ready``
        Returns:
            H x W uint8, ids of NYU13; the names and ids that are unknown and are seen for the
            first time
        Raises:
            SemanticsError: the image is not of this kind.
        """
        if self._asked == 'labels_map' and encoding != LABELS_MAP:
            raise SemanticsError(
                f"semantics with encoding '{encoding}': a labels_map is {LABELS_MAP}; set the "
                'parameter semantics to auto')
        if names is not None and encoding == LABELS_MAP:
            raise SemanticsError(
                f"semantics with encoding '{encoding}' hold no ids that labels can name; set "
                'the parameter semantics to auto')
        if names is not None and not names:
            raise SemanticsError('semantics: no message with names of the ids was received')
        ids = label_ids(array, encoding)
        classes = self._table.ids if names is None else {
            number: label for number, name in names.items()
            if (label := self._table.of_name(name)) is not None}
        found, unknown = to_classes(ids, classes, self._table.other)
        return found, self._count_unknown([
            printable(names[number][:_LONGEST]) if names and number in names else f'id {number}'
            for number in unknown])

    def values(self) -> dict[str, object]:
        """Return the counts for /diagnostics."""
        values: dict[str, object] = {'semantics': self.kind}
        if self.labels or self.kind == 'isaac':
            values |= {'received.semantic_labels': self.labels,
                       'waiting_for_labels': self.join.waiting,
                       'without_labels': self.join.without_labels,
                       'labels_without_frame': self.join.without_frame}
        return values | {'unknown_classes': ', '.join(
            f'{name} ({frames})' for name, frames in self.unknown.most_common())}

    def warning(self) -> str:
        """Return the most important problem, '' if there is none."""
        if self.unknown:
            names = [name for name, _ in self.unknown.most_common(5)]
            return f'the class table lacks {len(self.unknown)} classes: {", ".join(names)}'
        return ''

    def _recognise(self, encoding: str, now: float) -> str:
        if self._asked != 'auto':
            return self._asked
        if encoding == LABELS_MAP:
            return 'labels_map'
        if self._info is not None:
            return 'label_info'
        if encoding != _ISAAC_ENCODING:
            return 'ids'
        if self._named:
            return 'isaac'
        if self._undecided_since is None:
            self._undecided_since = now
        return 'auto' if now - self._undecided_since < _UNDECIDED else 'ids'

    def _count_unknown(self, names: list[str]) -> list[str]:
        new = []
        for name in names:
            if name not in self.unknown:
                if len(self.unknown) >= _MOST_UNKNOWN:
                    continue
                new.append(name)
            self.unknown[name] += 1
        return new
