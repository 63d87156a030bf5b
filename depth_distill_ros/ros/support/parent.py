# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A node that a launch file started ends with that launch.

``ros2 launch`` leaves its processes running when it receives SIGTERM (systemd, containers) or is
killed (ros2/launch#666).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# Environment variable with the process id of the launch
LAUNCHER = 'DEPTH_DISTILL_LAUNCHER'
_PR_SET_PDEATHSIG = 1


def end_with_launcher() -> None:
    """Have the kernel (Linux) send SIGTERM to this process when the launch has ended."""
    launcher = os.environ.pop(LAUNCHER, '')  # not for the processes that a node starts
    if not launcher or sys.platform != 'linux':
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # It may have ended before. With a launch prefix (gdb, xterm) it is not the parent.
    if not os.path.exists(f'/proc/{launcher}'):
        os.kill(os.getpid(), signal.SIGTERM)
