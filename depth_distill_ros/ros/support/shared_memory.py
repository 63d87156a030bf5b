# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Shared memory that killed processes left behind.

Each process with Fast DDS allocates up to 35 MB in /dev/shm and removes it at its end, unless it
is killed. Containers have 64 MB. The owner of a segment holds a lock on the file beside it as long
as it lives; ``fastdds shm clean`` goes by the same lock.
"""

from __future__ import annotations

from contextlib import suppress
import fcntl
import os
from pathlib import Path
import re
import time

_LOCK = re.compile(r'(fast(?:dds|rtps)_[0-9a-f]{16})_el')  # the older name is that of Fast DDS 2
_MINIMUM_AGE = 10.0  # seconds: a process that starts makes the file before it locks it


def remove_dead_segments(folder: Path = Path('/dev/shm')) -> int:
    """Remove this user's segments of processes that have ended; return how many they were."""
    removed = 0
    for lock in folder.glob('fast*_el'):
        name = _LOCK.fullmatch(lock.name)
        with suppress(OSError):  # in use, or another process removes it as well
            found = lock.stat()
            if not name or found.st_uid != os.geteuid() \
                    or time.time() - found.st_mtime < _MINIMUM_AGE:
                continue
            with lock.open('ab') as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (folder / name[1]).unlink(missing_ok=True)
                lock.unlink()
            removed += 1
    return removed
