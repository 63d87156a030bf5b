# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""For tests that wait for a condition, with ROS or without it."""

from pathlib import Path
import time

TIMEOUT = 300.0  # generous: a busy machine is slow, and a test that passes never waits so long


def wait_until(happened, what, timeout=TIMEOUT):
    """Return what ``happened`` returns once it is true; AssertionError names ``what``."""
    deadline = time.monotonic() + timeout
    while not (result := happened()):
        assert time.monotonic() < deadline, f'not within {timeout} s: {what}'
        time.sleep(0.02)
    return result


def alive(pid):
    """Return whether a process runs; one that ended and was not waited for does not."""
    try:
        return 'Z' not in Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or since
        return False
