# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the embedded simulator's image, semantics, depth, camera_info and /clock."""

from __future__ import annotations

import threading
import time

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.frame import Frame
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.diagnostics import Diagnosis
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

_UNPACED_RATE = 5.0  # frames per simulated second if frames are rendered without a rate


class SimulatorNode(ManagedNode):
    """Publishes the frames of one simulated camera; all messages of a frame have one stamp."""

    def __init__(self) -> None:
        super().__init__('simulator', SimulatorSettings)
        self._image = self.output(Image, 'image')
        self._semantics = self.output(Image, 'semantics')
        self._depth = self.output(Image, 'depth')
        self._info = self.output(CameraInfo, 'camera_info')
        clock = self.value('publish_clock')
        self._clock_topic = self.output(Clock, '/clock', 1) if clock else None
        self._published = self._late = 0

    def configure(self) -> None:
        self._published = self._late = 0
        # Fail now, not in the worker, on a machine without OpenGL.
        with self._camera() as camera:
            next(camera)

    def activate(self) -> None:
        self.work(self._travel)

    def diagnose(self) -> Diagnosis:
        return Diagnosis(message=f'{self._published} frames published', values={
            'published': self._published, 'late': self._late})

    def _camera(self) -> SimulatedCamera:
        names = ('look', 'seed', 'frames_per_room', 'vertical_fov', 'shadows', 'stride')
        return SimulatedCamera(
            size=(self.value('height'), self.value('width')),
            rate=self.value('rate') or _UNPACED_RATE,
            **{name: self.value(name) for name in names})

    def _travel(self, stop: threading.Event) -> None:
        rate, due = self.value('rate'), time.monotonic()
        # An OpenGL context belongs to the thread that creates it.
        with self._camera() as camera:
            for frame in camera:
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._publish(frame)
                if rate:
                    due += 1.0 / rate
                    if due < time.monotonic():
                        self._late += 1
                        due = time.monotonic()

    def _publish(self, frame: Frame) -> None:
        if self._clock_topic is not None:
            stamp = images.time_message(frame.stamp)
            self._clock_topic.publish(Clock(clock=stamp))
        else:
            stamp = self.get_clock().now().to_msg()
        frame_id = self.value('frame_id')
        self._info.publish(camera_info.from_intrinsics(frame.intrinsics, stamp, frame_id))
        for publisher, pixels, encoding in (
                (self._image, frame.image, 'rgb8'), (self._semantics, frame.semantics, 'mono8'),
                (self._depth, frame.depth, '32FC1')):
            if publisher.get_subscription_count():
                publisher.publish(images.from_array(pixels, encoding, stamp, frame_id))
        self._published += 1
