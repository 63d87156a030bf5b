# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera of a simulated robot, which waits for the cloud of each of its images."""

from __future__ import annotations

import time

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.conversions.point_cloud import points_of
from depth_distill_ros.ros.support.qos import profile

_FRAME = 'camera_optical_frame'
# Seconds until an image is sent again, and until the bench gives up.
_AGAIN, _PATIENCE = 3.0, 60.0


class DriveCamera(CommandNode):
    """Sends images with the depth that stands for a network, and receives clouds."""

    def __init__(self, points: str) -> None:
        super().__init__('drive_camera')
        self._image = self.node.create_publisher(Image, 'bench/image', profile(5))
        self._info = self.node.create_publisher(CameraInfo, 'bench/camera_info', profile(5))
        self._given = self.node.create_publisher(Image, 'bench/given_depth', profile(5))
        self.node.create_subscription(PointCloud2, points, self._on_cloud, profile(5))
        self.watch_diagnostics()
        self._stamp = 0
        self._cloud: PointCloud2 | None = None

    def cloud(self, image: np.ndarray, camera: Intrinsics, given: np.ndarray | None) -> np.ndarray:
        """
        Return the points that the node publishes for an image, N×3 metres, optical frame.

        Args:
            image: H×W×3 uint8 RGB
            given: H×W float32 metres that the node publishes as its own; None: it has a network
        Raises:
            DepthDistillError: no cloud comes for a minute
        """
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            self._stamp += 1_000_000
            self._send(image, camera, given)
            again = time.monotonic() + _AGAIN
            while time.monotonic() < again:
                self.spin_once(0.1)
                if self._cloud is not None and images.stamp_ns(self._cloud) == self._stamp:
                    return points_of(self._cloud).astype(np.float64)
        values = self.values.get('inference', {})
        raise DepthDistillError(
            f'the node has sent no cloud for {_PATIENCE:.0f} s; its last rejection: '
            f'{values.get("last_rejection") or "none"}')

    def _send(self, image: np.ndarray, camera: Intrinsics, given: np.ndarray | None) -> None:
        stamp = images.time_message(self._stamp)
        if given is not None:
            self._given.publish(images.from_array(given, '32FC1', stamp, _FRAME))
        self._info.publish(camera_info.from_intrinsics(camera, stamp, _FRAME))
        self._image.publish(images.from_array(image, 'rgb8', stamp, _FRAME))

    def _on_cloud(self, message: PointCloud2) -> None:
        self._cloud = message
