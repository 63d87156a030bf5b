# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera for measurements: images at a fixed rate, or each as soon as one is answered.

``python -m depth_distill_ros.ros.clients.bench_camera`` runs it as a process of its own, like a
camera driver. It stamps frames with the wall clock and finally writes their stamps to a file.
"""

from __future__ import annotations

import argparse
from contextlib import closing
import json
from pathlib import Path
import time

import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.qos import profile
from depth_distill_ros.settings.cameras import SimulatorSettings

_IMAGES = 8
_IN_FLIGHT = 2  # frames that wait for an answer, so that neither camera nor node is idle
_FIRST_ANSWER = 30.0  # seconds
_PATIENCE = 1.0  # seconds without an answer after which the next frame is sent anyway


class BenchCamera(CommandNode):
    """
    Publishes image (best effort, like cameras) and camera_info; counts camera_info_out.

    Attributes:
        stamps: of the frames sent, nanoseconds of the wall clock
        answers: camera_info_out messages received
    """

    def __init__(self, size: tuple[int, int]):
        super().__init__('bench_camera')
        self.stamps: list[int] = []
        self.answers = self._lost = 0
        self._image = self.node.create_publisher(Image, 'image', profile(5, reliable=False))
        self._info = self.node.create_publisher(CameraInfo, 'camera_info', profile(5))
        self.node.create_subscription(CameraInfo, 'camera_info_out', self._on_answer, 10)
        random = np.random.default_rng(0)
        coarse = random.integers(
            0, 256, (_IMAGES, size[0] // 16 + 1, size[1] // 16 + 1, 3), np.uint8)
        stamp = images.time_message(0)
        self._messages = [
            images.from_array(image.repeat(16, 0).repeat(16, 1)[:size[0], :size[1]], 'rgb8',
                              stamp, 'camera') for image in coarse]
        self._camera = camera_info.from_intrinsics(
            Intrinsics.from_vertical_fov(SimulatorSettings.vertical_fov, size), stamp, 'camera')

    def run(self, rate: float, seconds: float) -> None:
        """Send for ``seconds`` after the first answer; stop if there is no first answer."""
        ready = time.monotonic() + _FIRST_ANSWER
        while not (self._image.get_subscription_count() and self._info.get_subscription_count()):
            if time.monotonic() > ready:
                return
            time.sleep(0.02)
        due = time.monotonic()
        end, answered = due + _FIRST_ANSWER, False
        while (now := time.monotonic()) < end:
            self._send()
            if self.answers and not answered:
                end, answered = now + seconds, True
            due = max(due + 1 / rate, now - 1 / rate) if rate else now + _PATIENCE
            self._wait(due, until_answered=not rate)

    def _send(self) -> None:
        stamp = time.time_ns()
        message = self._messages[len(self.stamps) % _IMAGES]
        message.header.stamp = self._camera.header.stamp = images.time_message(stamp)
        self._info.publish(self._camera)
        self._image.publish(message)
        self.stamps.append(stamp)

    def _wait(self, due: float, until_answered: bool) -> None:
        while (left := due - time.monotonic()) > 0:
            if until_answered and self._in_flight() < _IN_FLIGHT:
                return
            self.spin_once(left)
        if until_answered:  # frames without an answer by now were dropped
            self._lost += self._in_flight()

    def _in_flight(self) -> int:
        return len(self.stamps) - self.answers - self._lost

    def _on_answer(self, message: CameraInfo) -> None:
        self.answers += 1


def main() -> None:
    """Send frames as the command line asks, then write their stamps."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--size', type=int, nargs=2, required=True)
    parser.add_argument('--rate', type=float, required=True, help='Hz; 0: as fast as answered')
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--stamps', type=Path, required=True, help='output file of the stamps')
    arguments, _ = parser.parse_known_args()
    with closing(BenchCamera(tuple(arguments.size))) as camera:
        camera.run(arguments.rate, arguments.seconds)
        arguments.stamps.write_text(json.dumps(camera.stamps), encoding='utf-8')


if __name__ == '__main__':
    main()
