# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a part, on disk after each of them, and its time."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import time
from typing import Any

import torch


class Results:
    """`rows` and what is `missing`, written to a JSON file whenever one is added."""

    def __init__(self, path: Path, limit: float):
        self._path, self._ends = path, time.monotonic() + limit
        self._found: dict[str, Any] = {'rows': [], 'missing': []}

    @property
    def seconds_left(self) -> float:
        return self._ends - time.monotonic()

    def add(self, **row: Any) -> None:
        """Keep a row of figures."""
        self._found['rows'].append(row)
        self._write()

    def missing(self, line: str) -> None:
        """Say what could not be measured, and why."""
        self._found['missing'].append(line)
        self._write()

    def attempt(self, name: str, measure: Callable[[], dict[str, Any]]) -> None:
        """Keep the row that `measure` returns; if it fails, or no time is left, say so."""
        if self.seconds_left <= 0:
            self.missing(f'{name}: no time was left')
            return
        try:
            self.add(name=name, **measure())
        except Exception as error:  # of any library; the next figure may be had
            self.missing(f'{name}: {type(error).__name__}: {str(error).splitlines()[:1]}')
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _write(self) -> None:
        part = self._path.with_suffix('.part')
        part.write_text(json.dumps(self._found, indent=1))
        part.replace(self._path)


def device_of(name: str) -> torch.device:
    """Return the device of --device."""
    return torch.device(name or ('cuda' if torch.cuda.is_available() else 'cpu'))


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def seconds_of(device: torch.device, call: Callable[[], Any], least: float = 0.5,
               most: int = 100) -> list[float]:
    """Return the seconds of each call, for `least` seconds or `most` calls, after two others."""
    for _ in range(2):
        call()
    synchronise(device)
    found: list[float] = []
    while sum(found) < least and len(found) < most:
        began = time.perf_counter()
        call()
        synchronise(device)
        found.append(time.perf_counter() - began)
    return found
