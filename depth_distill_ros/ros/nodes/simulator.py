# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the embedded simulator's image, semantics, depth, camera_info and /clock."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from rclpy.timer import Timer
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.frame import Frame
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.diagnostics import Diagnosis
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

_UNPACED_RATE = 5.0  # frames per simulated second if frames are rendered without a rate
# seconds between two messages on /clock: what other nodes stamp by it must differ
_CLOCK_PERIOD = 0.008
_EVEN = 0.9  # share of the time between two frames in which the clock runs evenly


class SimulatedTime:
    """
    Simulated time between the frames, which advances as evenly as they come.

    Args:
        period: simulated seconds from frame to frame
    """

    def __init__(self, period: float) -> None:
        self._period = round(period * 1e9)
        self._frame: tuple[int, float, float] | None = None

    def start_frame(self, stamp: int, now: float) -> None:
        """Continue at a frame's stamp, nanoseconds; `now` is in seconds of a steady clock."""
        lasts = self._period * 1e-9 if self._frame is None else now - self._frame[1]
        self._frame = stamp, now, lasts

    def at(self, now: float) -> int | None:
        """Return the simulated time, nanoseconds, before the next frame; None: no frame yet."""
        if self._frame is None:
            return None
        stamp, began, lasts = self._frame
        share = (now - began) / max(lasts, 1e-6)
        if share > _EVEN:  # the next frame may be late: slower and slower, but never at rest
            share = 1.0 - (1.0 - _EVEN) * _EVEN / share
        return stamp + min(round(share * self._period), self._period - 1)


class CoreLimit:
    """
    Says how long to rest so that this process takes no more than some cores of processor time.

    Args:
        clock, used: return seconds, and seconds of processor time of all threads
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic,
                 used: Callable[[], float] = time.process_time) -> None:
        self._clock, self._used = clock, used
        self._since = clock(), used()

    def rest(self, cores: float) -> float:
        """Return seconds to wait after the work since the last call; 0 cores: no limit."""
        now, used = self._clock(), self._used()
        before, used_before = self._since
        rest = max(0.0, (used - used_before) / cores - (now - before)) if cores else 0.0
        self._since = now + rest, used
        return rest


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
        self._clock_timer: Timer | None = None
        self._published = self._late = 0

    def configure(self) -> None:
        self._published = self._late = 0
        # Fail now, not in the worker, on a machine without OpenGL.
        with self._camera() as camera:
            next(camera)

    def activate(self) -> None:
        self._simulated_time = SimulatedTime(1.0 / (self.value('rate') or _UNPACED_RATE))
        if self._clock_topic is not None:
            self._clock_timer = self.steady_timer(_CLOCK_PERIOD, self._tick)
        self.work(self._travel)

    def deactivate(self) -> None:
        if self._clock_timer is not None:
            self.destroy_timer(self._clock_timer)
            self._clock_timer = None

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
        rate, due, limit = self.value('rate'), time.monotonic(), CoreLimit()
        # An OpenGL context belongs to the thread that creates it.
        with self._camera() as camera:
            for frame in camera:
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._publish(frame)
                if stop.wait(limit.rest(self.value('max_cores'))):
                    return
                if rate:
                    due += 1.0 / rate
                    if due < time.monotonic():
                        self._late += 1
                        due = time.monotonic()

    def _publish(self, frame: Frame) -> None:
        if self._clock_topic is not None:
            self._simulated_time.start_frame(frame.stamp, time.monotonic())
            stamp = images.time_message(frame.stamp)
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

    def _tick(self) -> None:
        now = self._simulated_time.at(time.monotonic())
        if now is not None:
            self._clock_topic.publish(Clock(clock=images.time_message(now)))
