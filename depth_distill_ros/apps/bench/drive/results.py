# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""results.jsonl: a line for each drive, so that an interrupted run goes on; and their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import json
import math
import os
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from rich.table import Table

from depth_distill_ros.apps.bench.drive.episode import COLLISION, REACHED, STUCK, TIMEOUT, Drive
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.files import writing

FILE = 'results.jsonl'


@dataclass(frozen=True)
class Record:
    """One drive of a source of depth in one room."""

    source: str
    seed: int
    room: int
    drive: Drive


class Results:
    """
    The drives of a folder; each is written when it ends.

    Raises:
        DepthDistillError: the file cannot be read or written, or holds other settings
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._path = folder / FILE
        self.records: list[Record] = []
        if self._path.is_file():
            self._read(json.loads(json.dumps(settings)))
        else:
            self._append({'settings': settings})

    def done(self, source: str, seed: int) -> set[int]:
        """Return the rooms that a source has driven."""
        return {r.room for r in self.records if (r.source, r.seed) == (source, seed)}

    def add(self, record: Record) -> None:
        """Keep a drive."""
        self._append({'source': record.source, 'seed': record.seed, 'room': record.room,
                      **record.drive.as_dict()})
        self.records.append(record)

    def _append(self, values: dict[str, Any]) -> None:
        with writing(self._path), self._path.open('a', encoding='utf-8') as file:
            file.write(json.dumps(values) + '\n')

    def _read(self, settings: dict[str, Any]) -> None:
        cure = 'give another --out, or delete it'
        try:
            text = self._path.read_bytes()
            # the last line of a killed run may be half of one
            end = text.rfind(b'\n') + 1
            head, *lines = text[:end].decode().splitlines()
            found = json.loads(head)['settings']
            whole = [json.loads(line) for line in lines]
            self.records = [Record(values.pop('source'), values.pop('seed'), values.pop('room'),
                                   Drive(**values)) for values in whole]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DepthDistillError(f'{self._path} cannot be read ({error}): {cure}') from error
        if found != settings:
            raise DepthDistillError(
                f'{self._path} is of another run ({found}, now {settings}): {cure}')
        if end < len(text):  # not before it is known to be ours
            with writing(self._path):
                os.truncate(self._path, end)


@dataclass(frozen=True)
class Figures:
    """
    The figures of one source over the rooms that all sources have driven.

    Attributes:
        rooms, seeds: how many
        shares: mean over the seeds, and standard deviation, of each end of a drive
        seconds: mean simulated time of the drives that reached their goal
        detour: metres driven over those of the shortest way, of the same drives
    """

    source: str
    rooms: int
    seeds: int
    shares: dict[str, tuple[float, float]]
    seconds: float
    detour: float


def common(records: Sequence[Record]) -> list[Record]:
    """Return the drives in rooms that every source of the records has driven."""
    sources = {r.source for r in records}
    by_source = [{(r.seed, r.room) for r in records if r.source == name} for name in sources]
    shared = set.intersection(*by_source) if by_source else set()
    return [r for r in records if (r.seed, r.room) in shared]


def figures(records: Sequence[Record]) -> list[Figures]:
    """Return the figures of each source in the order of its first drive, over common rooms."""
    shared = common(records)
    return [_figures(name, [r for r in shared if r.source == name])
            for name in dict.fromkeys(r.source for r in shared)]


def _figures(source: str, records: Sequence[Record]) -> Figures:
    seeds = sorted({r.seed for r in records})
    shares = {}
    for end in (REACHED, COLLISION, STUCK, TIMEOUT):
        each = [mean(float(r.drive.end == end) for r in records if r.seed == seed)
                for seed in seeds]
        shares[end] = mean(each), stdev(each) if len(each) > 1 else math.nan
    reached = [r.drive for r in records if r.drive.end == REACHED]
    return Figures(source, len(records), len(seeds), shares, _mean(d.seconds for d in reached),
                   _mean(d.metres / d.shortest for d in reached))


def table(found: Sequence[Figures]) -> Table:
    """Return a table for a terminal of 80 columns."""
    rows = ((f.source, *(_share(*f.shares[end]) for end in (REACHED, COLLISION, STUCK, TIMEOUT)),
             *('-' if math.isnan(value) else f'{value:.{digits}f}'
               for value, digits in ((f.seconds, 1), (f.detour, 2)))) for f in found)
    title = f'the closed loop: {found[0].rooms} drives each, of {found[0].seeds} seeds' \
        if found else 'the closed loop'
    return terminal_table(('depth', 'reached', 'collision', 'stuck', 'timeout', 'seconds',
                           'detour'), rows, title=title, padding=0)


def _share(value: float, spread: float) -> str:
    return f'{value:.2f}' + ('' if math.isnan(spread) else f' ± {spread:.2f}')


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return mean(found) if found else math.nan
