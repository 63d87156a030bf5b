# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera for tests, and waiting for the answers to its images."""

from builtin_interfaces.msg import Time
import cv2
from ros_graph import wait_until
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.qos import profile

FRAME = 'robot_eye'
BEST_EFFORT = profile(10, reliable=False)


class RobotCamera:
    """Publishes image and camera_info of one stamp after the other."""

    def __init__(self, nodes, intrinsics, prefix='', compressed=False, qos=BEST_EFFORT):
        self._intrinsics, self._compressed = intrinsics, compressed
        self._info = nodes.talk(CameraInfo, f'{prefix}camera_info', qos)
        self._image = nodes.talk(CompressedImage, f'{prefix}image/compressed', qos) \
            if compressed else nodes.talk(Image, f'{prefix}image', qos)
        self.stamps = []

    def show(self, pixels, change=lambda message: None, change_info=lambda message: None,
             encoding='rgb8'):
        """Send an image with the next stamp; ``change`` may spoil the message."""
        stamp = Time(sec=7, nanosec=len(self.stamps) * 1_000_003)
        self.stamps.append((stamp.sec, stamp.nanosec))
        info = camera_info.from_intrinsics(self._intrinsics, stamp, FRAME)
        change_info(info)
        self._info.publish(info)
        message = images.from_array(pixels, encoding, stamp, FRAME)
        if self._compressed:
            message = CompressedImage(
                header=message.header, format='rgb8; png compressed bgr8',
                data=cv2.imencode('.png', pixels[..., ::-1])[1].tobytes())
        change(message)
        self._image.publish(message)


def stamp_of(message):
    return message.header.stamp.sec, message.header.stamp.nanosec


def one_by_one(camera, answers, count, pixels, **changes):
    """Show images, each after the answer to the last one, so that none is dropped."""
    for _ in range(count):
        camera.show(pixels, **changes)
        wait_until(lambda: answers and stamp_of(answers[-1]) == camera.stamps[-1], 'an answer')
    return answers[-1]
