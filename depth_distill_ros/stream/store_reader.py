# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the stream store; ``store.py`` explains the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from depth_distill_ros.errors import one_line
from depth_distill_ros.files import expanded
from depth_distill_ros.frame import Frame
from depth_distill_ros.stream.contents import PARTS, key_of, number_of, read_parts
from depth_distill_ros.stream.record import VERSION, RecordFormat
from depth_distill_ros.stream.store_errors import (
    CorruptRecord,
    FrameEvicted,
    StoreError,
    StoreMissing,
    StoreVersionError,
    store_errors,
)
from depth_distill_ros.stream.store_file import StoreFile

DESCRIPTION = b'depth_distill_ros.stream'
FRAMES = b'frames'
TABLES = 3  # FRAMES and those of ``contents``


class StreamReader:
    """
    Reads a store while a writer, of this or another process, may append to it.

    Args:
        path: the store's folder
    Raises:
        StoreMissing: there is no store yet
        StoreVersionError: a store of another format version
        StoreError: cannot be opened
    """

    def __init__(self, path: str | Path, *, _env: lmdb.Environment | None = None) -> None:
        self.path = expanded(path)
        self._owns_env = _env is None
        self._env: Any = _env if _env is not None else self._open()
        try:
            with store_errors(self.path, 'read it'), self._env.begin() as txn:
                size = described_size(self.path, txn)
            if size is None:
                raise _missing(self.path)
            with store_errors(self.path, 'read it'):
                self._frames = self._env.open_db(FRAMES, create=False)
            self._file = StoreFile(self.path, self._env)
        except BaseException:
            self.close()
            raise
        self.size = size
        self._format = RecordFormat(size)
        self._parts: Any = None

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> range:
        """Return the keys of the stored frames, oldest first."""
        with self.snapshot() as frames:
            return frames.keys()

    def read(self, key: int) -> Frame:
        """Return a copy of one frame; FrameEvicted or CorruptRecord if that fails."""
        with self.snapshot() as frames:
            return frames.read(key)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """
        Return a view of the store at this moment, unaffected by the writer.

        Close it soon: the writer cannot reuse the pages that a snapshot sees. Raises StoreReplaced
        if the store was deleted or replaced.
        """
        with store_errors(self.path, 'read it'):
            self._file.check()
            self._parts = self._parts or self._open_parts()
            txn = self._begin()
        with txn:
            yield Snapshot(self.path, self._format, txn, self._parts)

    def close(self) -> None:
        """Close the store."""
        if self._owns_env and self._env is not None:
            self._env.close()
        self._env = None

    def __enter__(self) -> StreamReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> lmdb.Environment:
        if not (self.path / 'data.mdb').is_file():
            raise _missing(self.path)
        with store_errors(self.path, 'read it'):
            # Size 0: the size that the writer has set.
            return lmdb.open(
                str(self.path), map_size=0, max_dbs=TABLES, readonly=True, create=False,
                readahead=False)

    def _open_parts(self) -> Any:
        """Return the table of the parts; None in a store that an earlier version wrote."""
        try:
            return self._env.open_db(PARTS, create=False)
        except lmdb.NotFoundError:
            return None

    def _begin(self) -> lmdb.Transaction:
        try:
            return self._env.begin(db=self._frames, buffers=True)
        except lmdb.MapResizedError:
            self._env.set_mapsize(0)
            return self._env.begin(db=self._frames, buffers=True)


class Snapshot:
    """The store at one moment; made by ``StreamReader.snapshot``."""

    def __init__(self, path: Path, record: RecordFormat, txn: lmdb.Transaction,
                 parts: Any) -> None:
        self._path = path
        self._format = record
        self._txn = txn
        self._parts = parts

    def keys(self) -> range:
        """Return the keys of all frames, oldest first."""
        with store_errors(self._path, 'read it'):
            return stored_keys(self._txn)

    def parts(self) -> np.ndarray:
        """Return what each of ``keys`` is used for: its ``split.Part``, uint8."""
        keys = self.keys()
        with store_errors(self._path, 'read it'):
            return read_parts(self._txn, self._parts, keys)

    def read(self, key: int) -> Frame:
        """Return a copy of a frame; FrameEvicted or CorruptRecord if that fails."""
        with self._named(key):
            return self._format.unpack(self._record(key))

    def stamp(self, key: int) -> int:
        """Return the stamp of a frame, nanoseconds; errors as in ``read``, but no checksum."""
        with self._named(key):
            return self._format.stamp(self._record(key))

    def read_into(self, key: int, image: np.ndarray, semantics: np.ndarray) -> None:
        """Copy a frame into H x W x 3 and H x W uint8 arrays; errors as in ``read``."""
        with self._named(key):
            self._format.unpack_into(self._record(key), image, semantics)

    def _record(self, key: int) -> memoryview:
        try:
            record: Any = self._txn.get(key_of(key)) if key >= 0 else None
        except lmdb.Error as error:  # pages between the frames are damaged; others may be whole
            raise CorruptRecord(one_line(error)) from error
        if record is None:
            raise FrameEvicted(
                f'store {self._path}: frame {key} is not in the store; it holds '
                f'{self._text_of_keys()}')
        return record

    def _text_of_keys(self) -> str:
        keys = self.keys()
        return f'frames {keys[0]} to {keys[-1]}' if keys else 'no frame'

    @contextmanager
    def _named(self, key: int) -> Iterator[None]:
        try:
            yield
        except CorruptRecord as error:
            raise CorruptRecord(
                f'store {self._path}: frame {key} is damaged: {error}') from None


def stored_keys(txn: lmdb.Transaction) -> range:
    """Return the keys of the frames that a transaction on their table sees, oldest first."""
    with txn.cursor() as cursor:
        if not cursor.first():
            return range(0)
        first = number_of(cursor.key())
        cursor.last()
        return range(first, number_of(cursor.key()) + 1)


def described_size(path: Path, txn: lmdb.Transaction) -> tuple[int, int] | None:
    """Return the frame size of the store, or None of an empty environment."""
    raw = txn.get(DESCRIPTION)
    if raw is None:
        if txn.stat()['entries']:
            raise StoreError(
                f'store {path}: holds an LMDB database that is not a stream store; choose another '
                'store path')
        return None
    try:
        description = json.loads(bytes(raw))
        version = description['version']
        if version == VERSION:
            return int(description['height']), int(description['width'])
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            f'store {path}: its description is damaged; move or delete the folder') from None
    raise StoreVersionError(
        f'store {path}: found format version {version}, expected {VERSION}; choose another '
        'store path, move or delete this folder, or use the depth_distill_ros that wrote it')


def _missing(path: Path) -> StoreMissing:
    return StoreMissing(
        f'store {path}: no stream store there yet; start stream_node, or check the store path')
