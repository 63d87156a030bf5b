# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera to measure with: pictures at an exact rate, or each as soon as one is answered.

``python -m depth_distill_ros.ros.clients.bench_camera`` is its own process, as a driver is. It
stamps frames with the wall clock as they leave, and ends by writing their stamps to a file.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
import time

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.qos import profile

_PICTURES = 8
# as many frames wait as a camera driver's queue lets, so that neither side idles
_IN_FLIGHT = 2
_FIRST_ANSWER = 30.0  # seconds
_PATIENCE = 1.0  # seconds without an answer after which flat out goes on


class BenchCamera:
    """image and camera_info, best effort as cameras are; hears camera_info_out."""

    def __init__(self, size: tuple[int, int]):
        self.stamps: list[int] = []
        self.answers = self._lost = 0
        rclpy.init()
        self._node = rclpy.create_node('bench_camera')
        self._image = self._node.create_publisher(Image, 'image', profile(5, reliable=False))
        self._info = self._node.create_publisher(CameraInfo, 'camera_info', profile(5))
        self._node.create_subscription(CameraInfo, 'camera_info_out', self._on_answer, 10)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        random = np.random.default_rng(0)
        coarse = random.integers(
            0, 256, (_PICTURES, size[0] // 16 + 1, size[1] // 16 + 1, 3), np.uint8)
        stamp = images.time_message(0)
        self._pictures = [
            images.from_array(picture.repeat(16, 0).repeat(16, 1)[:size[0], :size[1]], 'rgb8',
                              stamp, 'camera') for picture in coarse]
        self._camera = camera_info.from_intrinsics(
            Intrinsics.from_vertical_fov(math.radians(45.0), size), stamp, 'camera')

    def run(self, rate: float, seconds: float) -> None:
        """Send for so long, counted from the first answer; give up where none comes."""
        while not (self._image.get_subscription_count() and self._info.get_subscription_count()):
            time.sleep(0.02)
        due = time.monotonic()
        end, answered = due + _FIRST_ANSWER, False
        while (now := time.monotonic()) < end:
            self._send()
            if self.answers and not answered:
                end, answered = now + seconds, True
            due = max(due + 1 / rate, now - 1 / rate) if rate else now + _PATIENCE
            self._wait(due, until_answered=not rate)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def _send(self) -> None:
        number = time.time_ns()
        picture = self._pictures[len(self.stamps) % _PICTURES]
        picture.header.stamp = self._camera.header.stamp = images.time_message(number)
        self._info.publish(self._camera)
        self._image.publish(picture)
        self.stamps.append(number)

    def _wait(self, due: float, until_answered: bool) -> None:
        while (left := due - time.monotonic()) > 0:
            if until_answered and self._in_flight() < _IN_FLIGHT:
                return
            self._executor.spin_once(timeout_sec=left)
        if until_answered:  # what is not answered by now was dropped, and must not be waited for
            self._lost += self._in_flight()

    def _in_flight(self) -> int:
        return len(self.stamps) - self.answers - self._lost

    def _on_answer(self, message: CameraInfo) -> None:
        self.answers += 1


def main() -> None:
    """Send as the command line says, then write the stamps."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--size', type=int, nargs=2, required=True)
    parser.add_argument('--rate', type=float, required=True, help='Hz; 0: flat out')
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--stamps', type=Path, required=True, help='file they are written to')
    arguments, _ = parser.parse_known_args()
    camera = BenchCamera(tuple(arguments.size))
    try:
        camera.run(arguments.rate, arguments.seconds)
        arguments.stamps.write_text(json.dumps(camera.stamps), encoding='utf-8')
    finally:
        camera.close()


if __name__ == '__main__':
    main()
