# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Isaac Sim's semantic_labels: the names of the ids in one frame."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import Any

from depth_distill_ros.stream.semantics import SemanticsError

_MOST_CHARACTERS = 1 << 20
_SECOND = 1_000_000_000


class LabelsError(SemanticsError):
    """A label message that cannot be joined to its frame."""


@dataclass(frozen=True)
class FrameLabels:
    """
    The names of one frame's ids.

    Attributes:
        stamp: of the frame, nanoseconds
        names: by id
    """

    stamp: int
    names: dict[int, str]


def parse(text: str) -> FrameLabels:
    """
    Read the JSON of one frame.

    Its form is ``{"2": {"class": "chair"}, "time_stamp": {"sec": 1, "nanosec": 0}}``, where
    "chair" may replace {"class": "chair"}. Ids without a name and all other entries are ignored.

    Raises:
        LabelsError: no JSON, not of this form, or no time stamp
    """
    if len(text) > _MOST_CHARACTERS:
        raise LabelsError(f'labels of {len(text)} characters: this is not a list of classes')
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabelsError(f'labels are no JSON: {error} in {text[:40]!r}') from None
    if not isinstance(entries, dict):
        raise LabelsError(f'labels: found {text[:40]!r}, expected {{"id": {{"class": "name"}}}}')
    names = {}
    for key, value in entries.items():
        name = value.get('class') if isinstance(value, dict) else value
        if key.isdecimal() and len(key) < 20 and isinstance(name, str):
            names[int(key)] = name
    return FrameLabels(_stamp(entries.get('time_stamp')), names)


def _stamp(time: object) -> int:
    if isinstance(time, dict):
        parts: list[Any] = [time.get('sec'), time.get('nanosec', 0)]
        if all(type(part) is int and part >= 0 for part in parts):
            return parts[0] * _SECOND + parts[1]
    raise LabelsError(f'labels have the time_stamp {str(time)[:40]}, expected sec and nanosec: '
                      'they cannot be joined to a frame')
