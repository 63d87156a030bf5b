# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is published of a prediction, each part only while somebody listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, LaserScan, PointCloud2
from std_msgs.msg import Header

from depth_distill_ros.geometry.depth import beyond_is_free, metres_to_millimetres
from depth_distill_ros.inference.engines.engine import Prediction
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.conversions.laser_scan import laser_scan
from depth_distill_ros.ros.conversions.point_cloud import organised_cloud, thinned_cloud
from depth_distill_ros.ros.support.camera_view import Optics
from depth_distill_ros.ros.support.lifecycle import ManagedNode


class DepthOutputs:
    """
    depth with camera_info_out, confidence, points, scan, all below `prefix`.

    `value` gives the node's parameters.
    """

    def __init__(self, node: ManagedNode, prefix: str, value: Callable[[str], Any]) -> None:
        self._value = value
        self._depth, self._info, self._confidence, self._points, self._scan = (
            node.output(kind, f'{prefix}{topic}') for kind, topic in (
                (Image, 'depth'), (CameraInfo, 'camera_info_out'), (Image, 'confidence'),
                (PointCloud2, 'points'), (LaserScan, 'scan')))

    def wanted(self) -> bool:
        """Tell whether anybody listens to anything."""
        return any(topic.get_subscription_count() for topic in (
            self._depth, self._info, self._confidence, self._points, self._scan))

    def publish(self, header: Header, prediction: Prediction, optics: Optics,
                picture: np.ndarray) -> None:
        """
        Send what somebody listens to, with the header of the image.

        picture : H×W×3 uint8 RGB, rectified where that is asked for
        """
        depth, far = self._finished(prediction, optics), self._value('free_beyond')
        stamp, frame_id = header.stamp, header.frame_id
        if self._depth.get_subscription_count():
            if self._value('encoding') == '16UC1':
                pixels = metres_to_millimetres(depth, far or None)
            else:
                pixels = depth
            self._depth.publish(images.from_array(
                pixels, self._value('encoding'), stamp, frame_id))
        if self._info.get_subscription_count():
            optics.info.header = header
            self._info.publish(optics.info)
        if prediction.confidence is not None and self._confidence.get_subscription_count():
            self._confidence.publish(images.from_array(
                optics.confidence(prediction.confidence), '32FC1', stamp, frame_id))
        if self._points.get_subscription_count():
            self._points.publish(self._cloud(depth, optics, picture, header))
        if self._scan.get_subscription_count():
            self._scan.publish(laser_scan(
                optics.scanner, depth, stamp, self._value('scan_frame')))

    def _finished(self, prediction: Prediction, optics: Optics) -> np.ndarray:
        depth, least = prediction.depth * np.float32(optics.scale), self._value('min_confidence')
        if least and prediction.confidence is not None:
            depth[~(prediction.confidence >= least)] = np.nan
        far = self._value('free_beyond')
        return optics.depth(beyond_is_free(depth, far) if far else depth)

    def _cloud(self, depth: np.ndarray, optics: Optics, picture: np.ndarray, header: Header,
               ) -> PointCloud2:
        points = optics.projector.organised(depth)
        colours = optics.colours(picture) if self._value('points_rgb') else None
        if voxel := self._value('points_voxel'):
            return thinned_cloud(points, voxel, header.stamp, header.frame_id, colours)
        return organised_cloud(points, header.stamp, header.frame_id, colours)
