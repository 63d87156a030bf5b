# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The niceness of a node among the sessions of a machine."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path


def nice_group(niceness: int) -> None:
    """
    Give this process's session a niceness, if the session is its own.

    Where Linux shares the cores among sessions first (sched_autogroup), the niceness of a thread
    counts within its session alone, and a node with a session of its own would get as much of
    the processor as inference in another.
    """
    if niceness and os.getsid(0) == os.getpid():
        with suppress(OSError):  # no such file without sched_autogroup
            Path('/proc/self/autogroup').write_text(str(niceness), encoding='ascii')
