# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a worker process of a pool ends."""

from __future__ import annotations

from multiprocessing import parent_process
import os
import signal
import threading


def end_with_the_parent() -> None:
    """End this process at once at Ctrl-C, or when the process that started it has exited."""
    def wait() -> None:
        parent_process().join()
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=wait, daemon=True).start()
