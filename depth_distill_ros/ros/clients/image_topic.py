# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures from a camera topic, for commands: no node of its own outlives the last picture."""

from __future__ import annotations

from collections.abc import Iterator
import time

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.qos import Input

_CHECK = 0.5  # seconds between two looks at the publishers' QoS


def pictures(topic: str, count: int, timeout: float) -> Iterator[np.ndarray]:
    """
    Yield the newest picture each time one is asked for, `count` in all, H×W×3 uint8 RGB.

    Whoever works between two of them does not fall behind: what came meanwhile is left out.
    Publishers may be reliable or best effort. DepthDistillError for a picture that cannot be
    read, and where none comes for `timeout` seconds.
    """
    # rclpy's own signal handler would end the context under the caller's KeyboardInterrupt
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor(context=context)
    node = Node('depth_distill_pictures', context=context)
    try:
        executor.add_node(node)
        received: list[Image] = []
        source = Input(node, Image, topic, received.append, 1, 'auto')
        for _ in range(count):
            _wait(executor, source, received, timeout)
            message = received.pop()
            received.clear()
            try:
                yield images.read_rgb(message)
            except images.ImageError as error:
                raise DepthDistillError(f'{source.name}: {error}') from None
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()


def _wait(executor: SingleThreadedExecutor, source: Input, received: list, timeout: float) -> None:
    begun = checked = time.monotonic()
    warning = source.check(timeout)
    while not received:
        executor.spin_once(timeout_sec=_CHECK)
        now = time.monotonic()
        if now - checked < _CHECK:
            continue
        checked = now
        # a warning is said once, at the look before perhaps
        warning = source.check(timeout) or warning
        if now - begun >= timeout:
            raise DepthDistillError(warning or f'{source.name}: no picture for {timeout:.0f} s')
