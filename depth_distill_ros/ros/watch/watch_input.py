# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Joins what the inference node saw and predicted for the watch."""

from __future__ import annotations

from collections.abc import Callable

from sensor_msgs.msg import Image

from depth_distill_ros.distillation.operation.release_state import ReleaseId
from depth_distill_ros.distillation.operation.watch import WatchedFrame
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.cameras.latest_item import LatestItem
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.stream.pairing import StampPairer

_MOST_PIXELS = 4096 * 4096
_MOST_CHARACTERS, _MOST_NUMBER = 1000, 10**9
_TOPICS = 'watch_image', 'watch_depth'


class WatchError(DepthDistillError):
    """A message that is no frame of the watch."""


class WatchInput:
    """
    Keeps the latest frame for the worker of the node.

    Args:
        node: subscribes while it is active
        refuse: called with the error of a message that is no frame
    """

    def __init__(self, node: ManagedNode, refuse: Callable[[DepthDistillError], None]) -> None:
        self._node, self._refuse = node, refuse
        self.reset()

    def reset(self) -> None:
        """Forget what was received."""
        self._pairer = StampPairer(_TOPICS, capacity=4)
        self._latest: LatestItem[dict[str, Image]] = LatestItem()

    def listen(self) -> None:
        """Subscribe until the node deactivates."""
        for topic in _TOPICS:
            self._node.listen(Image, topic, lambda message, topic=topic: self._on_image(
                topic, message), 2, reliability='reliable', may_be_silent=True)

    def take(self) -> WatchedFrame | None:
        """Return the latest frame, once; None where there is none."""
        messages = self._latest.take()
        if messages is None:
            return None
        try:
            return _frame(*(messages[topic] for topic in _TOPICS))
        except DepthDistillError as error:
            self._refuse(error)
            return None

    def _on_image(self, topic: str, message: Image) -> None:
        frame = self._pairer.add(topic, images.stamp_ns(message), message)
        if frame is not None:
            self._latest.put(frame)


def _frame(image: Image, depth: Image) -> WatchedFrame:
    number, slash, run = image.header.frame_id.partition('/')
    if not slash or not number.isascii() or not number.isdigit() \
            or len(image.header.frame_id) > _MOST_CHARACTERS or int(number) >= _MOST_NUMBER:
        raise WatchError(f'watch: {image.header.frame_id[:60]!r} names no release')
    if depth.header.frame_id != image.header.frame_id:
        raise WatchError('watch: image and depth are of different releases')
    if image.height * image.width > _MOST_PIXELS:
        raise WatchError(f'watch: an image of {image.width}x{image.height} pixels')
    return WatchedFrame(images.read_rgb(image), images.read_depth(depth),
                        ReleaseId(int(number), run), images.stamp_ns(image))
