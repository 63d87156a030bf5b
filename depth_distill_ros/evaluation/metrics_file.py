# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A CSV file with a row of metrics for each frame."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import count
import os
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import writing


class MetricsFileError(DepthDistillError):
    """The file cannot be written."""


class MetricsFile:
    """
    Writes time and stamp (seconds), the frame's metrics, the window's as ``window_<name>``.

    A row is in the file when ``append`` returns. An existing file is continued; its last row is
    removed if it is incomplete. One with other columns is kept as NAME.1.csv and so on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header = ''
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open('ab').close()

    def append(self, time: float, stamp: float, frame: dict[str, float],
               window: dict[str, float]) -> None:
        """Write one row; MetricsFileError if that fails."""
        row = {'time': f'{time:.6f}', 'stamp': f'{stamp:.9f}',
               **{name: f'{value:.6g}' for name, value in frame.items()},
               **{f'window_{name}': f'{value:.6g}' for name, value in window.items()}}
        with self._writing():
            if not self._header:
                self._header = self._begin(','.join(row))
            with self._path.open('a', encoding='utf-8') as file:
                file.write(','.join(row.values()) + '\n')

    def _begin(self, header: str) -> str:
        text = self._path.read_bytes()
        found = text.split(b'\n', 1)[0].decode(errors='replace')
        if found == header:
            os.truncate(self._path, text.rfind(b'\n') + 1)
            return header
        if text:
            self._path.rename(next(path for number in count(1) if not (
                path := self._path.with_suffix(f'.{number}{self._path.suffix}')).exists()))
        self._path.write_text(header + '\n', encoding='utf-8')
        return header

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self._path, 'free some space, make it writable or choose another work_dir',
                       MetricsFileError)
