# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a sqlite3 file, with those that a killed recorder left in its write-ahead log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3

from depth_distill_ros.datasets.bags.compression import ZSTD, decompressed
from depth_distill_ros.datasets.bags.part import HEAD, Entry, note_type
from depth_distill_ros.datasets.reader import DatasetError

MAGIC = b'SQLite format 3\x00'
_LOCKED = 'locked'
_PATIENCE = 2.0  # seconds that another program may keep the file to itself


class SqlitePart:
    """A sqlite3 file, which errors call ``shown``; see ``part.Part``."""

    def __init__(self, path: Path, shown: Path) -> None:
        self._path = shown
        self.types: dict[str, str] = {}
        self.damage = ''
        with self._errors_named():
            self._database = _opened(path)
        self._database.text_factory = lambda data: data.decode(errors='replace')
        # Otherwise a file that is shorter than its header says is refused as a whole.
        self._database.execute('PRAGMA writable_schema = ON')

    def scan(self, types: Collection[str]) -> Iterator[Entry]:
        """Yield the messages of these types that can be read, in the file's order."""
        with self._errors_named():
            topics = self._database.execute(
                'SELECT id, name, type, serialization_format FROM topics').fetchall()
        known: dict[int, tuple[str, str]] = {}
        for number, name, kind, serialization in topics:
            if not isinstance(name, str):
                continue
            kind = str(kind if serialization == 'cdr' else serialization)
            note_type(self.types, name, kind, types)
            if kind in types:
                known[number] = name, kind
        found, last = 0, 0
        try:
            # By the row, because sorting by the time would find no row before a damaged page.
            for row, number, time, head in self._database.execute(
                    f'SELECT id, topic_id, timestamp, substr(data, 1, {HEAD}) FROM messages WHERE '
                    f'topic_id IN ({",".join("?" * len(known))}) ORDER BY id', list(known)):
                last = row
                if not isinstance(head, bytes) or not isinstance(time, int):
                    self.damage = f'{self._path}: row {row} of its messages is damaged'
                    continue
                if head.startswith(ZSTD):
                    head = self.read((row,))[:HEAD]
                found += 1
                yield Entry(*known[number], time, (row,), head)
        except sqlite3.Error as error:
            self.damage = (
                f'{self._path} is damaged after row {last} ({error}): the {found} messages before '
                f'are read; "sqlite3 {self._path.name} .recover | sqlite3 recovered.db3" writes '
                'what else there is')

    def read(self, where: tuple[int, ...]) -> bytes:
        """Return a serialised message."""
        row = self._database.execute('SELECT data FROM messages WHERE id = ?', where).fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise DatasetError(f'{self._path}: row {where[0]} of its messages is damaged')
        return decompressed(row[0], 'zstd') if row[0].startswith(ZSTD) else row[0]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if _LOCKED in str(error):
                raise DatasetError(f'{self._path} cannot be read: {error}: is it recorded right '
                                   'now? Stop its recorder first') from None
            raise DatasetError(
                f'{self._path} is damaged or not a ROS bag: {error}; "sqlite3 {self._path.name} '
                '.recover | sqlite3 recovered.db3" writes what can be recovered') from None


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file for reading, also in a folder that cannot be written."""
    def connect(options: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f'{path.absolute().as_uri()}?{options}', uri=True, check_same_thread=False,
            timeout=_PATIENCE)

    if not has_log(path):
        # It needs no lock, but sqlite3 does not look for a write-ahead log then.
        return connect('immutable=1')
    database = connect('mode=ro')
    try:
        database.execute('SELECT 1 FROM sqlite_master').fetchone()
    except sqlite3.OperationalError as error:
        if _LOCKED in str(error):
            raise
        # sqlite3 cannot make the index of the log in this folder. With the file to itself it
        # keeps the index in memory; unix-none grants that without a lock.
        database.close()
        database = connect('mode=ro&vfs=unix-none')
        database.execute('PRAGMA locking_mode = EXCLUSIVE')
    return database


def has_log(path: Path) -> bool:
    """Return whether messages of the file may be in a write-ahead log beside it."""
    log = path.with_name(f'{path.name}-wal')
    return log.is_file() and log.stat().st_size > 0
