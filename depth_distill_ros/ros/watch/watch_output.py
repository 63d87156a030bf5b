# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes now and then what the network saw and predicted, while a distiller listens."""

from __future__ import annotations

import time

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import Image

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import Prediction
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.releases.student import Student
from depth_distill_ros.ros.support.lifecycle import ManagedNode

_PERIOD = 0.5  # seconds between two frames


class WatchOutput:
    """
    The topics watch_image and watch_depth; frames of all cameras share them.

    The frame_id of a message is the release: its number, a slash and the id of its run.

    Attributes:
        student: that answers; set before `offer`
    """

    def __init__(self, node: ManagedNode) -> None:
        self._image, self._depth = (
            node.output(Image, name, 1) for name in ('watch_image', 'watch_depth'))
        self.student: Student | None = None
        self._due = 0.0

    def offer(self, stamp: Time, image: np.ndarray, view: View, prediction: Prediction) -> None:
        """
        Publish a frame that was answered, unless another was just now or nobody listens.

        `image` is H×W×3 uint8 RGB as it was given to the engine.
        """
        now = time.monotonic()
        if now < self._due or self.student is None \
                or not self._depth.get_subscription_count():
            return
        self._due = now + _PERIOD
        release = self.student.release
        name = f'{release.number}/{release.run}'
        self._image.publish(images.from_array(
            np.ascontiguousarray(view.image(image)), 'rgb8', stamp, name))
        self._depth.publish(images.from_array(prediction.depth, '32FC1', stamp, name))
