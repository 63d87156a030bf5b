# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Finds out what semantic pictures mean, and gives each the names that belong to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from depth_distill_ros.stream.class_table import ClassTable
from depth_distill_ros.stream.label_join import LabelJoin
from depth_distill_ros.stream.labels import parse
from depth_distill_ros.stream.semantics import LABELS_MAP, SemanticsError, label_ids, to_classes

MEANINGS = {
    'ids': 'ids of the class table',
    'labels_map': "Gazebo's labels_map, ids of the class table",
    'isaac': "Isaac Sim's ids, named by the labels of each frame",
    'label_info': 'ids, named by vision_msgs/LabelInfo',
}
_ISAAC_ENCODING = '32SC1'
# Seconds that Isaac Sim's label publisher may come up after its pictures; less than frames wait.
_HESITATION = 1.5
_MOST_UNKNOWN = 100
_LONGEST = 60


class Ready(NamedTuple):
    """A frame whose classes can be decoded: its stamp, itself, the names of its ids."""

    stamp: int
    frame: Any
    names: Mapping[int, str] | None


class SemanticDecoder:
    """
    Decodes semantic pictures by the kind asked for, or by the kind that they turn out to be.

    With 'auto': rgb8 is Gazebo's labels_map; 32SC1 is Isaac Sim's as soon as somebody publishes
    labels; other pictures, and 32SC1 if nobody does, hold ids, which LabelInfo names if it came.
    Times are seconds of a clock that only goes forward.

    Parameters
    ----------
    kind : 'auto' or a key of MEANINGS
    table : classes of names and ids

    Attributes
    ----------
    kind : key of MEANINGS, 'auto' while it is not known
    unknown : frames per name or id that the table lacks
    labels : messages of labels
    join : frames and labels that wait for each other

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
        """Take one frame, whatever it is made of; return those that are ready now."""
        self.kind = self._recognise(encoding, now)
        if self.kind == 'label_info':
            return [Ready(stamp, frame, self._info or {})]
        if self.kind not in ('isaac', 'auto'):
            return [Ready(stamp, frame, None)]
        names = self.join.add_frame(stamp, frame, now)
        return [] if names is None else [Ready(stamp, frame, names)]

    def add_labels(self, text: str, now: float) -> list[Ready]:
        """
        Take one message of Isaac Sim's labels; return the frame that it makes ready.

        Raises
        ------
        LabelsError : it cannot be read.

        """
        self._named = True
        self.labels += 1
        labels = parse(text)
        frame = self.join.add_labels(labels.stamp, labels.names, now)
        return [] if frame is None else [Ready(labels.stamp, frame, labels.names)]

    def set_info(self, names: Mapping[int, str]) -> None:
        """Take what LabelInfo says about all frames from now on."""
        self._info = dict(names)

    def tick(self, labels_published: bool, now: float) -> list[Ready]:
        """Let time pass; return the frames that need not wait for labels any longer."""
        self._named |= labels_published
        self.join.expire(now)
        if self.kind != 'auto' or self._undecided_since is None:
            return []
        self.kind = self._recognise(_ISAAC_ENCODING, now)
        return [] if self.kind != 'ids' else [
            Ready(stamp, frame, None) for stamp, frame in self.join.drain()]

    def reset(self) -> None:
        """Forget what waits: the simulator began again."""
        self.join.clear()

    def decode(
            self, array: np.ndarray, encoding: str,
            names: Mapping[int, str] | None) -> tuple[np.ndarray, list[str]]:
        """
        Return the classes of a picture.

        Parameters
        ----------
        array, encoding : as for ``semantics.label_ids``
        names : from its ``Ready``

        Returns
        -------
        H x W uint8, ids of NYU13; the names and ids that were seen unknown for the first time

        Raises
        ------
        SemanticsError : the picture is none of the kind.

        """
        if self._asked == 'labels_map' and encoding != LABELS_MAP:
            raise SemanticsError(
                f"semantics with encoding '{encoding}': a labels_map is {LABELS_MAP}; set the "
                'parameter semantics to auto')
        if names is not None and encoding == LABELS_MAP:
            raise SemanticsError(
                f"semantics with encoding '{encoding}' hold no ids that labels could name; set "
                'the parameter semantics to auto')
        if names is not None and not names:
            raise SemanticsError('semantics: no label message has named any id')
        ids = label_ids(array, encoding)
        classes = self._table.ids if names is None else {
            number: label for number, name in names.items()
            if (label := self._table.of_name(name)) is not None}
        found, strange = to_classes(ids, classes, self._table.other)
        return found, self._note([
            names[number][:_LONGEST] if names and number in names else f'id {number}'
            for number in strange])

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
        return 'auto' if now - self._undecided_since < _HESITATION else 'ids'

    def _note(self, strange: list[str]) -> list[str]:
        new = []
        for name in strange:
            if name not in self.unknown:
                if len(self.unknown) >= _MOST_UNKNOWN:
                    continue
                new.append(name)
            self.unknown[name] += 1
        return new
