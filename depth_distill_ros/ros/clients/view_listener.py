# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Receives images, depth and clouds for a viewer, the newest of each alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sensor_msgs.msg import CompressedImage, Image, PointCloud2

from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.conversions.point_cloud import points_of
from depth_distill_ros.ros.support.input import Input


class Received(NamedTuple):
    """kind: image, depth or points; stamp: seconds; array: as the viewer takes it."""

    kind: str
    stamp: float
    array: np.ndarray


class ViewListener(CommandNode):
    """received: messages that were taken."""

    def __init__(self, image: str, depth: str, points: str) -> None:
        super().__init__('depth_distill_view')
        self.received = 0
        self._newest: dict[str, Any] = {}
        self._inputs = [
            Input(self.node, kinds, topic, lambda message, name=name: self._keep(name, message),
                  2, 'best_effort', may_be_silent=True)
            for name, kinds, topic in (
                ('image', (Image, CompressedImage), image), ('depth', (Image,), depth),
                ('points', (PointCloud2,), points))]

    def take(self, timeout: float) -> list[Received]:
        """Return what has arrived since the last call."""
        self.spin(timeout)
        for source in self._inputs:
            source.check(timeout)  # a publisher of another type or QoS may have come
        taken, self._newest = self._newest, {}
        self.received += len(taken)
        return [Received(name, images.stamp_ns(message) * 1e-9, _READ[name](message))
                for name, message in taken.items()]

    def close(self) -> None:
        """Unsubscribe and leave the graph."""
        for source in self._inputs:
            source.destroy()
        self._inputs.clear()
        super().close()

    def _keep(self, name: str, message: Any) -> None:
        self._newest[name] = message


_READ = {'image': images.read_rgb, 'depth': images.read_depth, 'points': points_of}
