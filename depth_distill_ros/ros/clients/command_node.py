# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small node that a command creates, spins and closes."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions


class CommandNode:
    """
    A node in its own context: the command, not rclpy, handles signals.

    Attributes:
        node: the rclpy node
        values: values of the last diagnostic status of each node, as text, by node name
        messages: (level, message) of the last diagnostic status of each node, by node name
    """

    def __init__(self, name: str) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.values: dict[str, dict[str, str]] = {}
        self.messages: dict[str, tuple[int, str]] = {}

    def watch_diagnostics(self) -> None:
        """Subscribe to /diagnostics and keep ``values`` and ``messages`` up to date."""
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 20)

    def spin(self, seconds: float) -> None:
        """Handle messages for this time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.spin_once(left)

    def spin_once(self, timeout: float) -> None:
        """Handle one message, or return after ``timeout`` seconds."""
        self._executor.spin_once(timeout_sec=timeout)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            name = status.name.rpartition('/')[2]
            self.values[name] = {entry.key: entry.value for entry in status.values}
            self.messages[name] = (int.from_bytes(status.level, 'little'), status.message)
