# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Watches the running loop from outside: diagnostics, camera, student, and some frames kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import time

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from depth_distill_ros.ros.conversions import images
from depth_distill_ros.stream.pairing import StampPairer


class Monitor:
    """
    A node of its own context that is spun by whoever watches.

    Parameters
    ----------
    image, reference, depth : topics of the robot's camera, its depth and the student's depth
    keep : called with (image H x W x 3 uint8, reference H x W float32 metres) of one stamp,
        at most every ``period`` seconds

    Attributes
    ----------
    values : the last diagnostic values per node name, as text
    messages : the last (level, message) per node name
    node : the rclpy node itself
    camera_frames, depth_frames : messages seen

    """

    def __init__(
            self, image: str, reference: str, depth: str,
            keep: Callable[[np.ndarray, np.ndarray], None], period: float) -> None:
        self.values: dict[str, dict[str, str]] = {}
        self.messages: dict[str, tuple[int, str]] = {}
        self.camera_frames = self.depth_frames = 0
        self._keep, self._period, self._due = keep, period, time.monotonic()
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=10)
        self._pairer = StampPairer(('image', 'reference'))
        # The watcher handles signals itself; rclpy must not end the context under it.
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node('demo_monitor', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 20)
        for topic, callback in (
                (image, self._on_image), (reference, self._on_reference), (depth, self._on_depth)):
            self.node.create_subscription(Image, topic, callback, qos_profile_sensor_data)

    def spin(self, seconds: float) -> None:
        """Handle what arrives for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def rates(self) -> dict[str, str]:
        """Return the frames per second of camera and student over the last ten calls."""
        self._counts.append((time.monotonic(), self.camera_frames, self.depth_frames))
        (before, cameras, depths), (now, *_) = self._counts[0], self._counts[-1]
        seconds = now - before
        return {} if not seconds else {
            'camera_hz': f'{(self.camera_frames - cameras) / seconds:.2f}',
            'depth_hz': f'{(self.depth_frames - depths) / seconds:.2f}'}

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

    def _on_image(self, message: Image) -> None:
        self.camera_frames += 1
        self._pair('image', message)

    def _on_reference(self, message: Image) -> None:
        self._pair('reference', message)

    def _on_depth(self, message: Image) -> None:
        self.depth_frames += 1

    def _pair(self, topic: str, message: Image) -> None:
        frame = self._pairer.add(topic, images.stamp_ns(message), message)
        if frame and time.monotonic() >= self._due:
            self._due = time.monotonic() + self._period
            self._keep(images.read_rgb(frame['image']), images.read_depth(frame['reference']))
