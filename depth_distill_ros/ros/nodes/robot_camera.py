# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a data set as the robot's camera: images, depth and camera_info, in a loop."""

from __future__ import annotations

import threading
import time

from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.datasets import Frame, OpenedReader, counted, first_frame, open_reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.cameras import RobotCameraSettings
from depth_distill_ros.shipped import shipped_robot_rooms

# seconds that /clock may stand still, with use_sim_time, before it is a warning
_CLOCK_PATIENCE = 1.0


class RobotCameraNode(ManagedNode):
    """
    Publishes the frames of a data set with the current time as their stamps.

    A frame that cannot be read is left out, and counts as lost on /diagnostics.
    """

    def __init__(self) -> None:
        super().__init__('robot_camera', RobotCameraSettings)
        self._image = self.output(Image, 'image')
        self._depth = self.output(Image, 'depth')
        self._info = self.output(CameraInfo, 'camera_info')
        self._reader: OpenedReader | None = None
        self._published = self._rounds = 0
        self._last = 0  # stamp of the last frame, nanoseconds
        self._awaits_clock = False
        self._frames = self.recent_frames()
        self._unusable: dict[int, str] = {}

    def configure(self) -> None:
        self._published = self._rounds = 0
        self._unusable = {}
        self._reader = open_reader(self.value('data') or f'folder:{shipped_robot_rooms()}')
        _require_camera(first_frame(self._reader), self._reader)
        for line in (counted(self._reader.left_out), *self._reader.remarks):
            if line:
                self.get_logger().warning(f'data {self._reader.spec}: {line}')

    def activate(self) -> None:
        self.work(self._play)

    def diagnose(self) -> Diagnosis:
        reader = self._reader
        values = {
            'published': self._published, 'rounds': self._rounds,
            'frames': 0 if reader is None else len(reader),
            'unusable': len(self._unusable),
            'left_out': 0 if reader is None else len(reader.left_out)}
        if self._awaits_clock:
            return Diagnosis(Level.WARN, 'use_sim_time is set, and /clock does not run', values)
        return Diagnosis(message=f'{self._published} frames published', values=values)

    def _play(self, stop: threading.Event) -> None:
        due = time.monotonic()
        while True:
            before = self._published
            for index in range(len(self._reader)):
                if stop.wait(max(0.0, due - time.monotonic())) or not self._clock_moves(stop):
                    return
                self._publish_if_usable(index)
                due = max(due + 1.0 / self.value('rate'), time.monotonic())
            if self._published == before:
                raise DepthDistillError(f'data {self._reader.spec}: no frame can be published: '
                                        f'{next(reversed(self._unusable.values()))}')
            self._rounds += 1

    def _clock_moves(self, stop: threading.Event) -> bool:
        """Wait until the time is not that of the last frame, or 0; False: the node stops."""
        began = time.monotonic()
        while self.get_clock().now().nanoseconds in (0, self._last):
            self._awaits_clock = time.monotonic() - began > _CLOCK_PATIENCE
            if stop.wait(0.005):
                return False
        self._awaits_clock = False
        return True

    def _publish_if_usable(self, index: int) -> None:
        try:
            frame = self._reader[index]
            _require_camera(frame, self._reader)
        except DepthDistillError as error:
            if index not in self._unusable:
                self.get_logger().warning(f'frame {index} is left out: {error}')
            self._unusable.pop(index, None)
            self._unusable[index] = str(error)
            self._frames.lost('frame', str(error))
            return
        self._unusable.pop(index, None)
        self._publish(frame)

    def _publish(self, frame: Frame) -> None:
        now, frame_id = self.get_clock().now(), self.value('frame_id')
        stamp, self._last = now.to_msg(), now.nanoseconds
        self._info.publish(camera_info.from_intrinsics(frame.intrinsics, stamp, frame_id))
        self._image.publish(images.from_array(frame.image, 'rgb8', stamp, frame_id))
        if frame.depth is not None:
            self._depth.publish(images.from_array(frame.depth, '32FC1', stamp, frame_id))
        self._published += 1
        self._frames.used()


def _require_camera(frame: Frame, reader: OpenedReader) -> None:
    if frame.intrinsics is None:
        raise DepthDistillError(
            f'data {reader.spec}: {frame.name} has no camera intrinsics: add ",camera=FILE" to '
            'the data, FILE with the K of its images, or the YAML of their calibration')
