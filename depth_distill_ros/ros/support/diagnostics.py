# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The status of a node on /diagnostics, and the statistics in it.

diagnostic_updater is not used: it publishes with the node's clock, which stops with a simulator's
/clock, and it is not on PyPI, where the nodes of ``make demo`` come from.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
import socket
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import numpy as np
from rclpy.node import Node

from depth_distill_ros.errors import printable
from depth_distill_ros.ros.support.qos import overridable, profile


class Level(IntEnum):
    """DiagnosticStatus levels, whose message constants are bytes."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass
class Diagnosis:
    """The status of a node: a level, one line, and values by name."""

    level: Level = Level.OK
    message: str = ''
    values: dict[str, object] = field(default_factory=dict)


class DiagnosticsPublisher:
    """Publishes a node's status under its full name."""

    def __init__(self, node: Node) -> None:
        self._node, self._machine = node, socket.gethostname()
        self._publisher = node.create_publisher(
            DiagnosticArray, '/diagnostics', profile(10), qos_overriding_options=overridable())

    def publish(self, diagnosis: Diagnosis) -> None:
        """Publish a status; floats have six digits, None is an empty text."""
        name = self._node.get_fully_qualified_name()
        status = DiagnosticStatus(
            level=bytes([diagnosis.level]), name=name, message=printable(diagnosis.message),
            hardware_id=self._machine,
            values=[KeyValue(key=k, value=_text(v)) for k, v in diagnosis.values.items()])
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)


class Durations:
    """Percentiles of the last durations."""

    def __init__(self, length: int = 500) -> None:
        self._seconds: deque[float] = deque(maxlen=length)

    def add(self, seconds: float) -> None:
        """Add a duration, seconds."""
        self._seconds.append(seconds)

    def milliseconds(self, name: str) -> dict[str, float]:
        """Return {name_p50_ms, name_p95_ms, name_p99_ms}; {} if there is no duration."""
        known = list(self._seconds)
        if not known:
            return {}
        values = np.percentile(known, (50, 95, 99)) * 1e3
        return {f'{name}_p{p}_ms': round(float(v), 2)
                for p, v in zip((50, 95, 99), values, strict=True)}


class Rates:
    """Rates at which counts grow, over the last calls."""

    def __init__(self, length: int = 6) -> None:
        self._counts: deque[tuple[float, dict[str, int]]] = deque(maxlen=length)

    def per_second(self, counts: dict[str, int]) -> dict[str, float]:
        """Return {name_hz} since the oldest of the last calls; {} at the first call."""
        self._counts.append((time.monotonic(), counts))
        (before, old), (now, _) = self._counts[0], self._counts[-1]
        return {} if now <= before else {
            f'{name}_hz': round((count - old[name]) / (now - before), 2)
            for name, count in counts.items()}


def _text(value: object) -> str:
    if value is None:
        return ''
    return f'{value:.6g}' if isinstance(value, float) else printable(str(value))
