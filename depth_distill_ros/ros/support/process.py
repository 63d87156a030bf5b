# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs one node as a process: start, signals, exit code."""

from __future__ import annotations

from collections.abc import Callable
import gc
from importlib import import_module
import os
import signal
import sys
import threading

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from depth_distill_ros.errors import PERMANENT, DepthDistillError
from depth_distill_ros.ros.support.lifecycle import SUCCESS, ManagedNode, report
from depth_distill_ros.ros.support.parent import end_with_launcher
from depth_distill_ros.ros.support.shared_memory import remove_dead_segments
from depth_distill_ros.ros.support.stuck import watchdog


def run(module: str, node: str) -> None:
    """Run the node class ``node`` of ``ros.nodes.<module>`` and exit with its code."""
    end_with_launcher()
    # torch reads this when it is imported. By default its threads spin while they wait, on cores
    # that other nodes need: five times slower beside a busy process.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    code = main(lambda: _node_type(module, node)())
    # The node has left the graph. Python's last collection would walk through all of torch, which
    # takes a second.
    gc.freeze()
    sys.exit(code)


def main(make: Callable[[], ManagedNode]) -> int:
    """
    Run one node until SIGINT or SIGTERM arrives; return the exit code.

    With ``autostart``, a node whose configuration or activation fails exits with PERMANENT where
    no restart mends the error. A node with another error there, or one that cannot go on or is
    stuck, exits with 1, so that a supervisor restarts it.
    """
    asked, broken, stop = threading.Event(), threading.Event(), Future()
    node = executor = None
    try:
        dead = remove_dead_segments()
        _initialise()
        executor = SingleThreadedExecutor()
        _on_first_signal(lambda: (asked.set(), executor.create_task(stop.set_result, None)))
        node = make()
        executor.add_node(node)
        if dead:
            node.get_logger().info(f'{dead} shared-memory files of killed processes are removed')
        if node.value('autostart'):
            node.on_broken = lambda: (broken.set(), stop.set_result(None))
            for trigger in (node.trigger_configure, node.trigger_activate):
                if not asked.is_set() and trigger() != SUCCESS:
                    return PERMANENT if node.permanent else 1
        node.steady_timer(1.0, watchdog.fed)
        executor.spin_until_future_complete(stop)
        return int(broken.is_set())
    except Exception as error:
        report(node.get_logger() if node else get_logger('depth_distill_ros'), 'ended', error)
        return PERMANENT if isinstance(error, DepthDistillError) else 1
    finally:
        # A launched node receives Ctrl-C twice, and torch takes seconds to shut down, during which
        # Python would restore the default handlers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        watchdog.off()
        if node is not None:
            node.end()
        if executor is not None:
            executor.shutdown()
        rclpy.try_shutdown()


def _initialise() -> None:
    try:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # rclpy's own class of it is not public
        culprit = ' '.join(str(error).split()).partition('. Error:')[0].rpartition('rcl: ')[2]
        rule = ': the names of topics, nodes and namespaces have letters, digits, underscores ' \
            'and slashes, and no part begins with a digit' if 'remap' in culprit else ''
        raise DepthDistillError(f'arguments of ROS: {culprit}{rule}') from error


def _node_type(module: str, node: str) -> type[ManagedNode]:
    # Imported here, not at the top of the executable: importing torch takes seconds, and Ctrl-C
    # must work meanwhile.
    try:
        return getattr(import_module(f'depth_distill_ros.ros.nodes.{module}'), node)
    except ImportError as error:
        raise DepthDistillError(
            f'{error} (Python is {sys.executable}): install it there, or put the virtual '
            'environment that has it first in PATH') from error


def _on_first_signal(action: Callable[[], None]) -> None:
    """
    Call ``action`` in a thread at the first SIGINT or SIGTERM; ignore all later ones.

    KeyboardInterrupt is never raised: the second Ctrl-C of a launched node would interrupt the
    clean-up. The wake-up descriptor works while the main thread waits inside DDS.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        os.read(reader, 1)
        action()

    threading.Thread(target=wait, daemon=True).start()
