# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the running nodes: diagnostics, frame rates, and some frames to keep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import time

import numpy as np
from rclpy.qos import qos_profile_sensor_data
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.conversions.camera_info import to_intrinsics
from depth_distill_ros.ros.support.diagnostics import Rates
from depth_distill_ros.stream.pairing import StampPairer


class Monitor(CommandNode):
    """
    Counts the frames of camera and student and keeps some pairs of image and reference depth.

    Args:
        image, camera_info, reference, depth: topics of the robot's camera, its depth and the
            student's depth
        keep: called with (image H x W x 3 uint8, reference H x W float32 metres) of one stamp, at
            most every ``period`` seconds
    Attributes:
        camera_frames, depth_frames: messages received
        camera: of the robot's images; None before its camera_info
        preview: H x W x 3 uint8, the distiller's images that were asked for; None before
    """

    def __init__(
            self, image: str, camera_info: str, reference: str, depth: str,
            keep: Callable[[np.ndarray, np.ndarray], None], period: float) -> None:
        super().__init__('demo_monitor')
        self.camera_frames = self.depth_frames = 0
        self.camera: Intrinsics | None = None
        self.preview: np.ndarray | None = None
        self._preview_source: Subscription | None = None
        self._keep, self._period, self._due = keep, period, time.monotonic()
        self._rates = Rates(10)
        self._pairer = StampPairer(('image', 'reference'))
        self.watch_diagnostics()
        for topic, callback in (
                (image, self._on_image), (reference, self._on_reference), (depth, self._on_depth)):
            self.node.create_subscription(Image, topic, callback, qos_profile_sensor_data)
        self.node.create_subscription(
            CameraInfo, camera_info, self._on_camera_info, qos_profile_sensor_data)

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

    def _on_camera_info(self, message: CameraInfo) -> None:
        with suppress(DepthDistillError):
            self.camera = to_intrinsics(message)

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
