# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera whose images a node uses: rectified where the parameter `rectify` asks for that."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.ros.conversions import camera_info


class Lens:
    """
    What is done to the images that come with a camera_info.

    Args:
        info: of the images
        rectify: none, node or upstream, as the parameter of that name
    Attributes:
        info: camera_info of the images that leave, without a valid header
        camera: the same as Intrinsics
        distorted: whether these images keep a distortion
        seen: H×W bool, the pixels that show something of the image; None: all
    Raises:
        GeometryError, CameraInfoError: the camera_info describes no camera
    """

    def __init__(self, info: CameraInfo, rectify: str):
        self._made_for = _content(info), rectify
        if rectify == 'upstream':
            info = camera_info.rectified(info)
        self.info, self.camera = info, camera_info.to_intrinsics(info)
        self._rectifier = camera_info.to_rectifier(info) if rectify == 'node' else None
        self.distorted = self._rectifier is None and any(info.d)
        self.seen: np.ndarray | None = None
        if self._rectifier:
            self.camera, self.seen = self._rectifier.camera, self._rectifier.seen
            self.info = camera_info.from_intrinsics(self.camera, info.header.stamp, '')

    def fits(self, info: CameraInfo, rectify: str) -> bool:
        """Return whether another lens of these two would be the same as this one."""
        return self._made_for == (_content(info), rectify)

    def image(self, image: np.ndarray) -> np.ndarray:
        """Return the H×W×3 uint8 image as it leaves, black where the camera saw nothing."""
        return self._rectifier.image(image) if self._rectifier else image


def _content(info: CameraInfo) -> tuple:
    roi = info.roi
    return (info.height, info.width, info.distortion_model, tuple(info.d), info.k.tobytes(),
            info.r.tobytes(), info.p.tobytes(), info.binning_x, info.binning_y, roi.x_offset,
            roi.y_offset, roi.height, roi.width)
