# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the file of an open store is still the one at its path, and whole."""

from __future__ import annotations

import os
from pathlib import Path

import lmdb

from depth_distill_ros.stream.store_errors import StoreError, StoreReplaced

_META_PAGES = 2
# LMDB may leave out a page at the end that it used and freed in one transaction.
_UNWRITTEN = 8


class StoreFile:
    """
    The file of an open store.

    LMDB notices neither that its file was deleted or replaced nor that it was cut: it goes on with
    the deleted one, and the process ends with a bus error where a mapped page is missing.

    Args:
        path: the store's folder
        env: open there
    """

    def __init__(self, path: Path, env: lmdb.Environment) -> None:
        self._path, self._env = path, env
        self._page = env.stat()['psize']
        found = self._found()
        self._identity, self._largest = (found.st_dev, found.st_ino), 0
        self.check()

    def check(self) -> None:
        """Raise StoreReplaced or StoreError; the file must not be read then."""
        found = self._found()
        if (found.st_dev, found.st_ino) != self._identity:
            raise self._replaced()
        # The file never shrinks by itself. Its first pages tell how many it has.
        whole = found.st_size >= max(self._largest, _META_PAGES * self._page) and \
            found.st_size >= (self._env.info()['last_pgno'] + 1 - _UNWRITTEN) * self._page
        if not whole:
            raise StoreError(f'store {self._path}: data.mdb there was cut to {found.st_size} '
                             'bytes: move or delete the folder, or choose another store path')
        self._largest = found.st_size

    def _found(self) -> os.stat_result:
        try:
            return os.stat(self._path / 'data.mdb')
        except OSError:
            raise self._replaced() from None

    def _replaced(self) -> StoreReplaced:
        return StoreReplaced(
            f'store {self._path}: it was deleted or replaced while it was open')
