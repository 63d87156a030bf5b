# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How one network looks through one camera, and on which pixels its depth is published."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property
import math
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo

from depth_distill_ros.encodings.camera import to_rectifier
from depth_distill_ros.geometry.camera_grid import CameraGrid
from depth_distill_ros.geometry.intrinsics import focal_factor
from depth_distill_ros.geometry.points import Projector
from depth_distill_ros.geometry.scan import Mount, ScanLimits, Scanner
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.ros.conversions import camera_info

_FARTHEST = 1000.0  # metres that a point lies away at most where no far clamp is asked for


class Optics:
    """
    Made once for a camera_info and an engine; `value` gives the node's parameters.

    Attributes
    ----------
    view : of the rectified picture, as the network gets it
    scale : what the network's metres are multiplied by for this camera's focal length
    info : camera_info of the published depth, less its header
    camera : the same as Intrinsics
    distorted : whether the picture's distortion is left in it

    GeometryError or CameraInfoError where the camera_info describes no camera, or the parameters
    do not fit it.

    """

    def __init__(self, info: CameraInfo, engine: DepthEngine, value: Callable[[str], Any]):
        self._made_for = _content(info), _content_of(engine)
        self._value = value
        if value('rectify') == 'upstream':
            info = camera_info.rectified(info)
        raw = camera_info.to_intrinsics(info)
        self._rectifier = to_rectifier(info) if value('rectify') == 'node' else None
        self.distorted = self._rectifier is None and any(info.d)
        if self._rectifier:
            raw = self._rectifier.camera
            info = camera_info.from_intrinsics(raw, info.header.stamp, '')
        view = View.pad if value('resize') == 'pad' else View.fit
        self.view = view(raw.size, engine.input_size)
        learned = engine.card.intrinsics
        self.scale = focal_factor(learned, self.view.intrinsics(raw)) \
            if value('scale_focal') and learned else 1.0
        self._grid = CameraGrid(self.view, raw.size, engine.output_size) \
            if value('output') == 'camera' else None
        self.info = copy(info) if self._grid else camera_info.through_view(
            info, self.view, engine.output_size)
        self.camera = camera_info.to_intrinsics(self.info)
        self._unknown = self._never_seen()

    def fits(self, info: CameraInfo, engine: DepthEngine) -> bool:
        """Tell whether this is what would be made for these two."""
        return self._made_for == (_content(info), _content_of(engine))

    def rectified(self, pixels: np.ndarray) -> np.ndarray:
        """Return the picture without distortion where that is asked for."""
        return self._rectifier.image(pixels) if self._rectifier else pixels

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """Return h×w float32 metres of the network on the published pixels."""
        return self._known(self._grid.depth(depth) if self._grid else depth)

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """Return h×w float32 from 0 to 1 on the published pixels."""
        return self._known(self._grid.confidence(confidence) if self._grid else confidence)

    def colours(self, picture: np.ndarray) -> np.ndarray:
        """Return the rectified picture on the published pixels."""
        if self._grid:
            return picture
        return cv2.resize(self.view.image(picture), self.camera.size[::-1],
                          interpolation=cv2.INTER_AREA)

    @cached_property
    def projector(self) -> Projector:
        """Of the published depth."""
        return Projector(self.camera, self._value('free_beyond') or _FARTHEST)

    @cached_property
    def scanner(self) -> Scanner:
        """Of the published depth, for the camera as it is mounted."""
        value = self._value
        return Scanner(
            self.camera,
            Mount(value('camera_height'), math.radians(value('camera_pitch')),
                  math.radians(value('camera_roll'))), scan_limits(value))

    def _never_seen(self) -> np.ndarray | None:
        """Return h×w bool of published pixels on which the network can only guess; None: none."""
        unknown = np.zeros(self.camera.size, bool)
        if not self._grid:
            unknown |= np.isnan(self.view.without_bars(np.zeros(self.camera.size, np.float32)))
        if self._rectifier:
            seen = self._rectifier.seen.astype(np.uint8)
            if not self._grid:
                seen = cv2.resize(self.view.labels(seen), self.camera.size[::-1],
                                  interpolation=cv2.INTER_NEAREST)
            unknown |= seen == 0
        return unknown if unknown.any() else None

    def _known(self, array: np.ndarray) -> np.ndarray:
        if self._unknown is not None:
            array[self._unknown] = np.nan
        return array


def scan_limits(value: Callable[[str], Any]) -> ScanLimits:
    """Return what the node's parameters say; GeometryError where they contradict one another."""
    return ScanLimits(value('scan_low'), value('scan_high'), value('scan_range_min'),
                      value('scan_range_max'), (value('scan_top'), value('scan_bottom')))


def _content_of(engine: DepthEngine) -> tuple:
    # of the next release they are the same, as a rule, and so are the tables made for them
    return engine.input_size, engine.output_size, engine.card.intrinsics


def _content(info: CameraInfo) -> tuple:
    roi = info.roi
    return (info.height, info.width, info.distortion_model, tuple(info.d), info.k.tobytes(),
            info.r.tobytes(), info.p.tobytes(), info.binning_x, info.binning_y, roi.x_offset,
            roi.y_offset, roi.height, roi.width)
