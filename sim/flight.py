# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The way of a camera through an exported room, for the scripts of all simulators.

It needs Python alone: fly_camera.py and stream.py run where this package is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator
import csv
import math
from pathlib import Path
import random

COLUMNS = ('x', 'y', 'z', 'roll', 'pitch', 'yaw')
# The largest changes of a pose: metres, then radians. The way keeps 0.38 m away from all things.
_LARGEST = (0.12, 0.12, 0.05, 0.03, 0.08, 0.25)
_STEADY = 0.93  # share of a change that the next pose keeps, so that the camera moves smoothly

Row = tuple[float, ...]


def read_way(path: Path) -> list[Row]:
    """
    Return the poses of way.csv: x, y, z, metres, and roll, pitch, yaw about fixed axes, radians.

    Raises ValueError with the line of an error, or if there is no pose.
    """
    rows = []
    with path.open(newline='', encoding='utf-8') as lines:
        for number, entries in enumerate(csv.DictReader(lines), start=2):
            try:
                row = tuple(float(entries[key]) for key in COLUMNS)
                if not all(map(math.isfinite, row)):
                    raise ValueError
            except (KeyError, TypeError, ValueError):
                raise ValueError(f'{path}, line {number}: expected {",".join(COLUMNS)}') from None
            rows.append(row)
    if not rows:
        raise ValueError(f'{path}: it has no poses')
    return rows


def varied(way: list[Row], seed: int | None) -> Iterator[Row]:
    """
    Yield the poses of a way without end; each lap is another way.

    With a seed the first lap is the way itself, and the others can be repeated. Without one every
    lap of every run is another way.

    A camera that repeats its path shows a student nothing new, and what releases are judged on
    would be what was trained on.
    """
    draws = random.Random(seed)
    if seed is not None:
        yield from way
    change = [0.0] * len(COLUMNS)
    while True:
        for row in way:
            change = [_STEADY * c + math.sqrt(1.0 - _STEADY ** 2) * draws.gauss(0.0, 0.6)
                      for c in change]
            yield tuple(value + largest * max(-1.0, min(1.0, c))
                        for value, largest, c in zip(row, _LARGEST, change, strict=True))
