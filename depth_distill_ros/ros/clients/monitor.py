# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the running nodes: diagnostics, frame rates, and one preview."""

from __future__ import annotations

import numpy as np
from rclpy.qos import qos_profile_sensor_data
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.diagnostics import Rates


class Monitor(CommandNode):
    """
    Counts the frames of camera and student.

    Args:
        image, depth: topics of the robot's camera and of the student's depth
    Attributes:
        camera_frames, depth_frames: messages received
        preview: H x W x 3 uint8, the distiller's images that were asked for; None before
    """

    def __init__(self, image: str, depth: str) -> None:
        super().__init__('demo_monitor')
        self.camera_frames = self.depth_frames = 0
        self.preview: np.ndarray | None = None
        self._preview_source: Subscription | None = None
        self._rates = Rates(10)
        self.watch_diagnostics()
        for topic, callback in ((image, self._on_image), (depth, self._on_depth)):
            self.node.create_subscription(Image, topic, callback, qos_profile_sensor_data)

    def rates(self) -> dict[str, str]:
        """Return camera_hz and depth_hz, frames per second over the last ten calls."""
        rates = self._rates.per_second({'camera': self.camera_frames, 'depth': self.depth_frames})
        return {name: str(rate) for name, rate in rates.items()}

    def ask_for_preview(self, topic: str) -> None:
        """Listen to the distiller's preview until one has come, as it costs training time."""
        if self.preview is None and self._preview_source is None:
            self._preview_source = self.node.create_subscription(
                Image, topic, self._on_preview, 1)
        elif self.preview is not None and self._preview_source is not None:
            self.node.destroy_subscription(self._preview_source)
            self._preview_source = None

    def _on_preview(self, message: Image) -> None:
        self.preview = images.read_rgb(message)

    def _on_image(self, message: Image) -> None:
        self.camera_frames += 1

    def _on_depth(self, message: Image) -> None:
        self.depth_frames += 1
