# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a launch file started ends with that launch.

``ros2 launch`` leaves its processes running when it receives SIGTERM (systemd, containers) or is
killed (ros2/launch#666). A node of this package calls ``end_with_launcher``. For any other command
``python -m depth_distill_ros.ros.support.parent COMMAND...`` does so and becomes that command.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# Environment variable with the process id of the launch
LAUNCHER = 'DEPTH_DISTILL_LAUNCHER'
_PR_SET_PDEATHSIG = 1


def end_with_launcher(number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel (Linux) send a signal to this process when the launch has ended."""
    launcher = os.environ.pop(LAUNCHER, '')  # not for the processes that a node starts
    if not launcher or sys.platform != 'linux':
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    # It may have ended before. With a launch prefix (gdb, xterm) it is not the parent.
    if not os.path.exists(f'/proc/{launcher}'):
        os.kill(os.getpid(), number)


def become(command: list[str]) -> None:
    """
    Run a command in place of this process, with SIGINT when the launch has ended.

    Not SIGTERM: the command gz, which runs Gazebo's server and window as processes of its own,
    ends them at SIGINT alone.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback before the command runs
    end_with_launcher(signal.SIGINT)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f'{command[0]}: {error.strerror}')


if __name__ == '__main__':
    become(sys.argv[1:])
