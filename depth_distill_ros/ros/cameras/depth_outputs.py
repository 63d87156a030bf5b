# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes a prediction on the output topics that have subscribers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, LaserScan, PointCloud2
from std_msgs.msg import Header

from depth_distill_ros.geometry.depth import beyond_is_free, metres_to_millimetres
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.geometry.steady import SteadyDepth
from depth_distill_ros.inference.engines.engine import Prediction
from depth_distill_ros.ros.cameras.camera_mount import CameraMount
from depth_distill_ros.ros.cameras.camera_view import CameraView
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.conversions.laser_scan import laser_scan
from depth_distill_ros.ros.conversions.point_cloud import cloud, organised_cloud
from depth_distill_ros.ros.support.lifecycle import ManagedNode


class DepthOutputs:
    """
    The topics depth, depth/compressedDepth, camera_info_out, confidence, points and scan.

    Each is named after ``prefix``.

    ``value`` returns a parameter of the node.
    """

    def __init__(self, node: ManagedNode, prefix: str, value: Callable[[str], Any]) -> None:
        self._value = value
        self.mount = CameraMount(node, prefix, value)
        self._steady = SteadyDepth()
        self._pixels: images.PixelBuffer | None = None
        # image_transport appends to the name after remapping
        self._compressed = node.output(CompressedImage, node.resolve_topic_name(
            node.topic(f'{prefix}depth')) + '/compressedDepth')
        self._topics = self._depth, self._info, self._confidence, self._points, self._scan = [
            node.output(kind, f'{prefix}{topic}') for kind, topic in (
                (Image, 'depth'), (CameraInfo, 'camera_info_out'), (Image, 'confidence'),
                (PointCloud2, 'points'), (LaserScan, 'scan'))]
        self._topics.append(self._compressed)

    def wanted(self) -> bool:
        """Return whether any output topic has a subscriber."""
        return any(topic.get_subscription_count() for topic in self._topics)

    def publish(self, header: Header, prediction: Prediction, view: CameraView,
                image: np.ndarray) -> bool:
        """
        Publish on each topic that has a subscriber, with the header of the image.

        `image` is H×W×3 uint8 RGB, rectified if the parameters ask for that. Return whether any
        pixel has a depth. Raises MountError where the mount is needed and not known: then points
        and scan are not published, and with the parameter clean_depth nothing is.
        """
        stamp, frame_id = header.stamp, header.frame_id
        predicted, clean = self._predicted(prediction, view, image), self._value('clean_depth')
        found = self._navigable(predicted, view, frame_id)[0] if clean else predicted
        if self._pixels is None or self._pixels.array.shape != view.camera.size:
            self._pixels = images.PixelBuffer(view.camera.size, np.float32)
        depth = view.depth(found, self._pixels.array)
        self._publish_depth(self._pixels, header)
        if self._info.get_subscription_count():
            view.info.header = header
            self._info.publish(view.info)
        if prediction.confidence is not None and self._confidence.get_subscription_count():
            self._confidence.publish(images.from_array(
                view.confidence(prediction.confidence), '32FC1', stamp, frame_id))
        if self._points.get_subscription_count() or self._scan.get_subscription_count():
            navigable, mount = (found, self.mount.output(frame_id)) if clean else \
                self._navigable(predicted, view, frame_id)
            shown = depth if navigable is found else view.depth(navigable)
            if self._points.get_subscription_count():
                self._points.publish(self._cloud(shown, view, image, header, mount))
            if self._scan.get_subscription_count():
                self._scan.publish(laser_scan(
                    view.scanner(mount), shown, stamp, self._value('scan_frame')))
        return not np.isnan(found).all()

    def _publish_depth(self, metres: images.PixelBuffer, header: Header) -> None:
        raw, small = (
            topic.get_subscription_count() for topic in (self._depth, self._compressed))
        if not raw and not small:
            return
        encoding, depth = self._value('encoding'), metres.array
        where = encoding, header.stamp, header.frame_id
        if encoding == '16UC1':
            depth = metres_to_millimetres(depth, self._value('free_beyond') or None)
        if raw:
            self._depth.publish(metres.message(*where) if depth is metres.array
                                else images.from_array(depth, *where))
        if small:
            self._compressed.publish(images.compressed_depth(depth, *where))

    def _navigable(self, depth: np.ndarray, view: CameraView, frame_id: str,
                   ) -> tuple[np.ndarray, Mount]:
        """Return depth for points and scan, and the mount of their heights."""
        value, mount = self._value, self.mount.output(frame_id)
        if not value('remove_flying') and not value('floor_tolerance'):
            return depth, mount
        return view.cleared(depth, self.mount.expected(frame_id), mount), mount

    def _predicted(self, prediction: Prediction, view: CameraView, image: np.ndarray,
                   ) -> np.ndarray:
        depth, least = prediction.depth * np.float32(view.scale), self._value('min_confidence')
        if past := self._value('steady'):
            depth = self._steady(depth, view.view.image(image), past)
        if least and prediction.confidence is not None:
            depth[~(prediction.confidence >= least)] = np.nan
        far = self._value('free_beyond')
        return beyond_is_free(depth, far) if far else depth

    def _cloud(self, depth: np.ndarray, view: CameraView, image: np.ndarray, header: Header,
               mount: Mount) -> PointCloud2:
        colours = view.colours(image) if self._value('points_rgb') else None
        if voxel := self._value('points_voxel'):
            points, few = view.sparse(voxel)(depth, self._value('points_high'), mount, colours)
            return cloud(points, header.stamp, header.frame_id, few)
        return organised_cloud(view.projector.organised(depth), header.stamp, header.frame_id,
                               colours)
