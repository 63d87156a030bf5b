# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a data set as the robot's camera: images, depth and camera_info, in a loop."""

from __future__ import annotations

import threading
import time

from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.datasets import Frame, Reader, open_reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.cameras import RobotCameraSettings
from depth_distill_ros.shipped import shipped_rooms


class RobotCameraNode(ManagedNode):
    """Publishes the frames of a data set with the current time as their stamps."""

    def __init__(self) -> None:
        super().__init__('robot_camera', RobotCameraSettings)
        self._image = self.output(Image, 'image')
        self._depth = self.output(Image, 'depth')
        self._info = self.output(CameraInfo, 'camera_info')
        self._reader: Reader | None = None
        self._published = self._rounds = 0

    def configure(self) -> None:
        self._published = self._rounds = 0
        data = self.value('data') or f'folder:{shipped_rooms()}'
        self._reader = open_reader(data)
        if self._reader[0].intrinsics is None:
            raise DepthDistillError(f'data {data} has no camera intrinsics: add K.txt beside the '
                                    'images')

    def activate(self) -> None:
        self.work(self._play)

    def diagnose(self) -> Diagnosis:
        values = {'published': self._published, 'rounds': self._rounds,
                  'frames': 0 if self._reader is None else len(self._reader)}
        if not self._clock_runs():
            return Diagnosis(Level.WARN, 'use_sim_time is set, and /clock does not run', values)
        return Diagnosis(message=f'{self._published} frames published', values=values)

    def _clock_runs(self) -> bool:
        return self.get_clock().now().nanoseconds > 0

    def _play(self, stop: threading.Event) -> None:
        while not self._clock_runs():  # or all frames until then had the stamp 0
            if stop.wait(0.1):
                return
        due = time.monotonic()
        while True:
            for index in range(len(self._reader)):
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._publish(self._reader[index])
                due = max(due + 1.0 / self.value('rate'), time.monotonic())
            self._rounds += 1

    def _publish(self, frame: Frame) -> None:
        stamp, frame_id = self.get_clock().now().to_msg(), self.value('frame_id')
        self._info.publish(camera_info.from_intrinsics(frame.intrinsics, stamp, frame_id))
        self._image.publish(images.from_array(frame.image, 'rgb8', stamp, frame_id))
        if frame.depth is not None:
            self._depth.publish(images.from_array(frame.depth, '32FC1', stamp, frame_id))
        self._published += 1
