# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Receives depth images like a navigation node and records when each arrived."""

from __future__ import annotations

import struct
import time

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from depth_distill_ros.ros.clients.command_node import CommandNode

# position of the stamp in a serialised message with a header: seconds, nanoseconds
_STAMP = struct.Struct('<iI')
_AFTER_ENCAPSULATION = 4


class BenchListener(CommandNode):
    """
    Records the arrival of each depth image of the topic ``depth``.

    Attributes:
        arrivals: time of arrival by stamp of the frame; both nanoseconds of the wall clock
        repeated: depth images whose stamp had arrived before
    """

    def __init__(self, depth: str):
        super().__init__('bench_listener')
        self.arrivals: dict[int, int] = {}
        self.repeated = 0
        self.watch_diagnostics()
        # raw: deserialising takes time from the core that runs the network
        self.node.create_subscription(
            Image, depth, self._on_depth, qos_profile_sensor_data, raw=True)

    def _on_depth(self, message: bytes) -> None:
        now = time.time_ns()
        seconds, nanoseconds = _STAMP.unpack_from(message, _AFTER_ENCAPSULATION)
        stamp = seconds * 1_000_000_000 + nanoseconds
        self.repeated += stamp in self.arrivals
        self.arrivals.setdefault(stamp, now)
