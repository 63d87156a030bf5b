# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a camera's images to a network's input, and from its output to the published depth."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property
import math
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.geometry.camera_grid import CameraGrid
from depth_distill_ros.geometry.clear_depth import cleared
from depth_distill_ros.geometry.intrinsics import focal_factor
from depth_distill_ros.geometry.points import Projector, SparseProjector
from depth_distill_ros.geometry.scan import Mount, ScanLimits, Scanner
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.ros.cameras.lens import Lens
from depth_distill_ros.ros.conversions import camera_info

# A scan's tables are made anew where the mount differs by more: metres, radians.
_HIGHER, _TURNED = 0.01, math.radians(0.5)
_FARTHEST = 1000.0  # metres, largest distance of a point if no limit is set


class CameraView:
    """
    The tables and cameras that follow from one camera_info, one engine and the parameters.

    Args:
        info: of the images
        engine: runs the network
        value: returns a parameter of the node
    Attributes:
        view: from the rectified image to the network's input
        scale: factor on the network's depth for the camera's focal length
        anchor: factor on it that was learned with the model for the camera's lens
        info: camera_info of the published depth, without a valid header
        camera: the same as Intrinsics
    Raises:
        GeometryError, CameraInfoError: the camera_info describes no camera, or the parameters do
            not fit it
    """

    def __init__(self, info: CameraInfo, engine: DepthEngine, value: Callable[[str], Any]):
        self._made_for, self._value = _content_of(engine), value
        self._lens = Lens(info, value('rectify'))
        info, raw = self._lens.info, self._lens.camera
        self.view = View.of(value('resize'), raw.size, engine.input_size)
        trained_on = engine.card.intrinsics
        self.scale = focal_factor(trained_on, self.view.intrinsics(raw)) \
            if value('scale_focal') and trained_on else 1.0
        anchor = engine.card.anchor
        self.anchor = anchor.at(self.view.intrinsics(raw)) if anchor else 1.0
        self._grid = CameraGrid(self.view, raw.size, engine.output_size) \
            if value('output') == 'camera' else None
        self.info = copy(info) if self._grid else camera_info.through_view(
            info, self.view, engine.output_size)
        self.camera = camera_info.to_intrinsics(self.info)
        self._network_camera = self.view.intrinsics(raw).resized(engine.output_size)
        self._scanner: tuple[Mount, Scanner] | None = None
        self._sparse: tuple[float, SparseProjector] | None = None
        self._unseen = self._unseen_pixels()

    def fits(self, info: CameraInfo, engine: DepthEngine) -> bool:
        """Return whether a view of these two would be the same as this one."""
        return self._made_for == _content_of(engine) and self._lens.fits(
            info, self._value('rectify'))

    @property
    def distorted(self) -> bool:
        """Whether the images keep a distortion."""
        return self._lens.distorted

    def rectified(self, image: np.ndarray) -> np.ndarray:
        """Return the image without its distortion if the parameters ask for that."""
        return self._lens.image(image)

    def cleared(self, depth: np.ndarray, expected: Mount, output: Mount) -> np.ndarray:
        """
        Return the network's depth for points and scans, as the parameters ask for it.

        The mounts are those of ``geometry.clear_depth.cleared``. It works on the network's pixels,
        which are fewer; those of the camera are interpolated and hold nothing more.
        """
        value = self._value
        return cleared(depth, self._network_camera, value('remove_flying'),
                       value('floor_tolerance'), expected, output)

    def depth(self, depth: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """
        Return the network's h×w float32 metres on the published pixels, NaN if unseen.

        ``out``, of the size of ``camera``, is written and returned; None: a new array.
        """
        if self._grid:
            return self._without_unseen(self._grid.depth(depth, out))
        if out is None:
            return self._without_unseen(depth)
        np.copyto(out, depth)
        return self._without_unseen(out)

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """Return h×w float32 from 0 to 1 on the published pixels, NaN if unseen."""
        return self._without_unseen(
            self._grid.confidence(confidence) if self._grid else confidence)

    def colours(self, image: np.ndarray) -> np.ndarray:
        """Return the rectified image on the published pixels, h×w×3 uint8."""
        if self._grid:
            return image
        return cv2.resize(self.view.image(image), self.camera.size[::-1],
                          interpolation=cv2.INTER_AREA)

    @cached_property
    def projector(self) -> Projector:
        """From published depth to points."""
        return Projector(self.camera, self._value('free_beyond') or _FARTHEST)

    def sparse(self, voxel: float) -> SparseProjector:
        """Return what projects to a thinned cloud; voxel in metres."""
        if self._sparse is None or self._sparse[0] != voxel:
            self._sparse = voxel, SparseProjector(
                self.camera, self._value('free_beyond') or _FARTHEST, voxel,
                self._value('scan_range_max'))
        return self._sparse[1]

    def scanner(self, mount: Mount) -> Scanner:
        """Return what makes a scan of published depth, kept while the mount hardly differs."""
        if self._scanner is None or not _near(self._scanner[0], mount):
            self._scanner = mount, Scanner(self.camera, mount, scan_limits(self._value))
        return self._scanner[1]

    def _unseen_pixels(self) -> np.ndarray | None:
        """Return h×w bool, true for published pixels that no camera pixel maps to; None: none."""
        unseen = np.zeros(self.camera.size, bool)
        if not self._grid:
            unseen |= np.isnan(self.view.without_bars(np.zeros(self.camera.size, np.float32)))
        if self._lens.seen is not None:
            seen = self._lens.seen.astype(np.uint8)
            if not self._grid:
                seen = cv2.resize(self.view.labels(seen), self.camera.size[::-1],
                                  interpolation=cv2.INTER_NEAREST)
            unseen |= seen == 0
        return unseen if unseen.any() else None

    def _without_unseen(self, array: np.ndarray) -> np.ndarray:
        if self._unseen is not None:
            array[self._unseen] = np.nan
        return array


def scan_limits(value: Callable[[str], Any]) -> ScanLimits:
    """Return the limits that the parameters set; GeometryError if they leave no space."""
    return ScanLimits(value('scan_low'), value('scan_high'), value('scan_range_min'),
                      value('scan_range_max'), (value('scan_top'), value('scan_bottom')))


def _near(one: Mount, other: Mount) -> bool:
    return abs(one.height - other.height) <= _HIGHER and all(
        abs(a - b) <= _TURNED for a, b in ((one.pitch, other.pitch), (one.roll, other.roll)))


def _content_of(engine: DepthEngine) -> tuple:
    # usually the same for the next release, so that its view is not made again
    return engine.input_size, engine.output_size, engine.card.intrinsics, engine.card.anchor
