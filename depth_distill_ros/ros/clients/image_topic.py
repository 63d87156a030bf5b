# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images from a camera topic, for commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import time

import numpy as np
from rclpy.exceptions import NameValidationException
from sensor_msgs.msg import CompressedImage, Image

from depth_distill_ros.errors import DepthDistillError, one_line
from depth_distill_ros.ros.clients.command_node import CommandNode
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.input import Input

_CHECK = 0.5  # seconds between two checks of the publishers' QoS


def topic_images(topic: str, count: int, timeout: float) -> Iterator[np.ndarray]:
    """
    Yield ``count`` images, H×W×3 uint8 RGB, each the latest when it is asked for.

    Images that arrive while the caller works on one are skipped. Publishers may be reliable or
    best effort. The node leaves the graph when the iterator ends.

    Raises:
        DepthDistillError: an image cannot be read, or none arrives for ``timeout`` seconds
    """
    with closing(CommandNode('depth_distill_images')) as client:
        received: list[Image | CompressedImage] = []
        try:
            source = Input(
                client.node, (Image, CompressedImage), topic, received.append, 1, 'auto')
        except NameValidationException as error:
            raise DepthDistillError(
                f'"{topic}" is no name of a topic: {one_line(error)}') from None
        for _ in range(count):
            _wait(client, source, received, timeout)
            message = received.pop()
            received.clear()
            try:
                yield images.read_rgb(message)
            except images.ImageError as error:
                raise DepthDistillError(f'{source.name}: {error}') from None


def _wait(client: CommandNode, source: Input, received: list, timeout: float) -> None:
    started = checked = time.monotonic()
    warning = source.check(timeout)
    while not received:
        client.spin_once(_CHECK)
        now = time.monotonic()
        if now - checked < _CHECK:
            continue
        checked = now
        # ``check`` returns each warning once, possibly before the timeout
        warning = source.check(timeout) or warning
        if now - started >= timeout:
            raise DepthDistillError(warning or f'{source.name}: no image for {timeout:.0f} s')
