# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of a store on disk, each as one line with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import os
from pathlib import Path

import lmdb

from depth_distill_ros.errors import DepthDistillError, one_line


class StoreError(DepthDistillError):
    """The store cannot be opened, read or written; its contents are unchanged."""


class StoreMissing(StoreError):
    """There is no store at the path yet."""


class StoreReplaced(StoreError):
    """The store was deleted or replaced while it was open; it can be opened again."""


class StoreVersionError(StoreError):
    """The store was written in another format version."""


class FrameEvicted(StoreError):
    """The frame of this key was evicted, or never existed."""


class CorruptRecord(StoreError):
    """The bytes of one frame differ from those that were stored."""


_NO_ROOM = tuple(os.strerror(e) for e in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))
_NO_ACCESS = tuple(os.strerror(e) for e in (errno.EACCES, errno.EPERM))


@contextmanager
def store_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of LMDB and the operating system into a StoreError about ``path``."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        why = _cause_and_remedy(path, error)
        raise StoreError(f'store {path}: cannot {doing}: {why}') from error


def _cause_and_remedy(path: Path, error: Exception) -> str:
    text = one_line(error)
    if isinstance(error, lmdb.MapFullError):
        return (f'{text}: a reader (the distiller?) has held old frames for very long; restart '
                'it, or reopen the store with a larger capacity')
    # LMDB has no error of its own for a file without a byte.
    if isinstance(error, (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError)) \
            or os.strerror(errno.EBADF) in text:
        return (f'{text}: data.mdb there is damaged or no store; move or delete the folder, or '
                'choose another store path')
    if isinstance(error, lmdb.PanicError):
        return f'{text}: restart the node that writes it'
    if os.strerror(errno.EROFS) in text:
        return f'{text}: make it writable or choose another store path'
    if any(reason in text for reason in _NO_ACCESS):
        return f'{text}: give user {os.geteuid()} write permission or choose another store path'
    # A disk that fills up during a write is reported as an I/O error.
    if any(reason in text for reason in _NO_ROOM):
        return (f'{text} ({_free_megabytes(path)} free): make room or choose another store path; '
                'the frames stored so far are intact')
    return text


def _free_megabytes(path: Path) -> str:
    try:
        disk = os.statvfs(path)
    except OSError:
        return 'unknown space'
    return f'{disk.f_bavail * disk.f_frsize / 1e6:.0f} MB'
