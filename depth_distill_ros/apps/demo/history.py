# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The numbers in the nodes' diagnostics over the time of the run."""

from __future__ import annotations

from collections.abc import Mapping
import math


class History:
    """
    The numbers in all diagnostics over time.

    Attributes:
        rows: one per ``add``: {'time': seconds, 'node.key': number, ...}
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._before_restart: dict[str, float] = {}

    def add(self, seconds: float, values: Mapping[str, Mapping[str, str]]) -> None:
        """Add the present values; values that are not finite numbers are left out."""
        row = {'time': seconds}
        for node, entries in values.items():
            for key, text in entries.items():
                number = _number(text)
                if number is not None:
                    row[f'{node}.{key}'] = number
        for name, number in row.items():
            last = self.latest(name)
            if last is not None and number < last:
                self._before_restart[name] = self._before_restart.get(name, 0.0) + last
        self.rows.append(row)

    def latest(self, name: str) -> float | None:
        """Return the last known value, None if there was none."""
        return next((row[name] for row in reversed(self.rows) if name in row), None)

    def total(self, name: str) -> int:
        """Return a counter's value, including its counts before restarts of its node."""
        return round(self._before_restart.get(name, 0.0) + (self.latest(name) or 0.0))

    def first(self, name: str) -> float | None:
        """Return the seconds at which a value was first above 0, None if it never was."""
        return next((row['time'] for row in self.rows if row.get(name, 0.0) > 0), None)

    def curve(self, name: str) -> tuple[list[float], list[float]]:
        """Return (seconds, values) of the rows that have a value."""
        known = [(row['time'], row[name]) for row in self.rows if name in row]
        return [time for time, _ in known], [value for _, value in known]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
