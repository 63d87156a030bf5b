# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The stream store: the newest frames of the stream, on disk, shared by processes.

One folder holds an LMDB environment (``data.mdb``, ``lock.mdb``) and ``writer.lock``. LMDB's
main table has the description of the store; its table ``frames`` has one record (``record.py``)
per frame, under an increasing key; ``contents.py`` describes the two tables beside it. There is
one writer and any number of readers.

What a crash may lose: LMDB never overwrites a page that the last commit refers to, and a commit
becomes visible by one small write of a meta page after its data.

- kill -9 of the writer: what it wrote is in the kernel's page cache and reaches the disk. Only
  the frame that was not yet committed is lost. This needs no sync.
- Loss of power: without a sync, the meta page could reach the disk before its data and leave a
  broken tree. Each commit therefore syncs its data (``sync=True``: 0.3 ms on an NVMe disk) but not
  its meta page (``metasync=False`` saves a second sync): the store stays valid and may lose its
  last frame.
- A full disk: the file is not mapped for writing (``writemap=False``), so that a full disk makes
  one append fail instead of raising a bus error.

LMDB forbids opening an environment twice in one process: beside a StreamWriter use its
``reader()``, not StreamReader(path). Do not use either after a fork.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from depth_distill_ros.files import exclusive, expanded, private_folder
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import positive_int
from depth_distill_ros.stream.contents import (
    NBYTES,
    REMEMBERED,
    Choice,
    Contents,
    key_of,
)
from depth_distill_ros.stream.record import VERSION, RecordFormat
from depth_distill_ros.stream.signature import signature
from depth_distill_ros.stream.store_errors import StoreError, StoreReplaced, store_errors
from depth_distill_ros.stream.store_file import StoreFile
from depth_distill_ros.stream.store_reader import (
    DESCRIPTION,
    FRAMES,
    TABLES,
    StreamReader,
    described_size,
    stored_keys,
)

_PAGE = 4096
# Frames that one transaction evicts when a store shrinks; limits its list of free pages.
_EVICT_AT_ONCE = 256


class StreamWriter:
    """
    Appends frames; at ``capacity`` it evicts the oldest in the same transaction.

    Args:
        path: the store's folder, created if it is missing
        size: (height, width) of the frames
        capacity: largest number of frames, >= 1; if the store holds more, the oldest are evicted
    Raises:
        StoreError: the store has another writer or another frame size, or the path is unusable
        StoreVersionError: a store of another format version; both leave the frames unchanged
    """

    def __init__(self, path: str | Path, size: tuple[int, int], capacity: int) -> None:
        self.path = expanded(path)
        height, width = (positive_int(v, 'store: frame size') for v in size)
        self.size = (height, width)
        self.capacity = positive_int(capacity, 'store: capacity')
        self.stored = 0
        self.evicted = 0
        self._format = RecordFormat(self.size)
        self._env: Any = None
        self._open()

    def _open(self) -> None:
        with store_errors(self.path, 'create the folder'):
            private_folder(self.path)
        self._lock = self._take_lock()
        try:
            with store_errors(self.path, 'open it for writing'):
                self._env = lmdb.open(
                    str(self.path), map_size=self._map_size(), max_dbs=TABLES, sync=True,
                    metasync=False, writemap=False)
                self._frames = self._open_frames()
                self._contents = Contents(self._env)
                self._env.reader_check()
            self._file = StoreFile(self.path, self._env)
            with store_errors(self.path, f'shrink it to {self.capacity} frames'):
                while evicted := self._shrink():
                    self.evicted += evicted
        except BaseException:
            self.close()
            raise

    def append(self, frame: Frame, min_difference: float | None = None) -> int | None:
        """
        Store a frame of the store's size and return its key.

        Args:
            frame: with classes and intrinsics
            min_difference: grey levels (``signature.py``); None is returned, and nothing is
                stored, if a stored frame differs by no more. None: the frame is stored anyway
        Raises:
            StoreError: disk full, read-only, ...; the stored frames are intact, and a later append
                may succeed
            StoreReplaced: the store was deleted or replaced; a later append goes to a new one
        """
        self._check_file()
        record, known = self._format.pack(frame), signature(frame.image)
        with store_errors(self.path, 'store a frame'):
            with self._env.begin(db=self._frames) as txn:
                keys = stored_keys(txn)
            alike = self._contents.alike(known, min_difference or 0.0)
            if min_difference is not None and self._contents.holds(
                    alike, min_difference, keys.start):
                return None
            choice = self._contents.choose(keys.stop, alike, keys.start)
            try:
                evicted = self._put(keys.stop, record, known, choice)
            except lmdb.MapFullError:
                # A reader that was killed keeps its old pages until this check.
                if not self._env.reader_check():
                    raise
                evicted = self._put(keys.stop, record, known, choice)
        self._contents.add(keys.stop, known, choice)
        self.stored += 1
        self.evicted += evicted
        return keys.stop

    def _check_file(self) -> None:
        if self._env is None:
            self._open()
        try:
            self._file.check()
        except StoreReplaced as error:
            self.close()
            self._open()
            raise StoreReplaced(f'{error}; a new store begins there') from error

    def reader(self) -> StreamReader:
        """Return a reader for this process, usable until this writer is closed."""
        return StreamReader(self.path, _env=self._env)

    def __len__(self) -> int:
        if self._env is None:
            return 0
        with self._env.begin(db=self._frames) as txn:
            return txn.stat()['entries']

    def close(self) -> None:
        """Close the store, so that another writer can open it."""
        if self._env is not None:
            self._env.close()
            self._env = None
        self._lock.close()

    def __enter__(self) -> StreamWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_lock(self):
        """Return the locked file; the kernel unlocks it when this process ends in any way."""
        with store_errors(self.path, 'open it for writing'):
            return exclusive(self.path / 'writer.lock', lambda owner: StoreError(
                f'store {self.path}: process {owner} is writing it; stop that one or choose '
                'another store path'))

    def _map_size(self) -> int:
        """
        Return the largest size of the file, bytes; the file grows with the frames.

        A quarter more than the capacity allows readers to hold old frames for a while and covers
        LMDB's own pages. A larger existing file needs extra room while it is shrunk.
        """
        per_frame = -(-(self._format.nbytes + 16) // _PAGE) * _PAGE
        wanted = (self.capacity + max(self.capacity // 4, 64)) * per_frame + REMEMBERED * NBYTES
        data = self.path / 'data.mdb'
        present = data.stat().st_size if data.exists() else 0
        return max(wanted, present + 64 * per_frame) + (64 << 20)

    def _open_frames(self):
        """Check or write the description of the store; return its table of frames."""
        with self._env.begin() as txn:
            size = described_size(self.path, txn)
        if size is not None:
            if size != self.size:
                raise StoreError(
                    f'store {self.path}: found frames of {size[0]}x{size[1]}, expected '
                    f'{self.size[0]}x{self.size[1]} (height x width); choose another store '
                    'path, or move or delete this folder')
            return self._env.open_db(FRAMES, create=False)
        description = {'version': VERSION, 'height': self.size[0], 'width': self.size[1]}
        with self._env.begin(write=True) as txn:
            frames = self._env.open_db(FRAMES, txn=txn)
            txn.put(DESCRIPTION, json.dumps(description).encode())
        return frames

    def _put(self, key: int, record: bytearray, known: np.ndarray, choice: Choice) -> int:
        """Append a record and evict in one transaction; return how many went."""
        with self._env.begin(write=True, db=self._frames) as txn:
            txn.put(key_of(key), record, append=True)
            self._contents.write(txn, key, known, choice)
            return self._evict(txn)

    def _shrink(self) -> int:
        """Evict frames above the capacity; return how many went."""
        with self._env.begin(write=True, db=self._frames) as txn:
            return self._evict(txn)

    def _evict(self, txn: lmdb.Transaction) -> int:
        """Evict at most _EVICT_AT_ONCE frames, the oldest of those above the capacity."""
        count = min(max(txn.stat(self._frames)['entries'] - self.capacity, 0), _EVICT_AT_ONCE)
        with txn.cursor() as cursor:
            for _ in range(count):
                cursor.first()
                cursor.delete()
        return count
