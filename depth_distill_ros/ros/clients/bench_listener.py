# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hears depths as whoever navigates by them does, and notes when each came."""

from __future__ import annotations

import struct
import time

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

# where a serialised message with a header has its stamp: seconds, nanoseconds
_STAMP = struct.Struct('<iI')
_AFTER_ENCAPSULATION = 4


class BenchListener:
    """
    A node of its own context that is spun by whoever measures.

    Attributes
    ----------
    arrivals : by stamp of the frame, when its depth came; both nanoseconds of the wall clock
    repeated : depths that came a second time
    values : the last diagnostic values per node name, as text

    """

    def __init__(self, depth: str):
        self.arrivals: dict[int, int] = {}
        self.repeated = 0
        self.values: dict[str, dict[str, str]] = {}
        # who measures handles signals itself
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node('bench_listener', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 20)
        # as it came: to take a message apart costs the core that answers frames
        self._node.create_subscription(
            Image, depth, self._on_depth, qos_profile_sensor_data, raw=True)

    def spin(self, seconds: float) -> None:
        """Handle what arrives for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_depth(self, message: bytes) -> None:
        now = time.time_ns()
        seconds, nanoseconds = _STAMP.unpack_from(message, _AFTER_ENCAPSULATION)
        stamp = seconds * 1_000_000_000 + nanoseconds
        self.repeated += stamp in self.arrivals
        self.arrivals.setdefault(stamp, now)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            name = status.name.rpartition('/')[2]
            self.values[name] = {entry.key: entry.value for entry in status.values}
