# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which camera_info belongs to an image of a robot's camera."""

from __future__ import annotations

from collections import deque
from typing import Any

from depth_distill_ros.encodings.camera import CameraInfoError, check_size, image_size
from depth_distill_ros.encodings.image import stamp_ns

_KEPT = 8


class NoCameraInfoError(CameraInfoError):
    """An image for which no camera_info was received."""


class CameraInfos:
    """
    The newest CameraInfo messages of one camera.

    An image goes with the one of its size whose stamp is nearest. How far away that is does not
    matter, because a calibration holds until another one is published: a driver may publish it
    once, latched, or with stamps of its own.

    One thread may add while another one chooses.

    Attributes:
        received: number of messages
        offset: stamp of the last chosen message minus that of its image, seconds; None: none yet
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all messages."""
        self._messages: deque[Any] = deque(maxlen=_KEPT)
        self.received = 0
        self.offset: float | None = None

    def add(self, message: Any) -> None:
        """Take a message."""
        self._messages.append(message)
        self.received += 1

    def reach(self, stamp: int) -> bool:
        """Return whether a message with this stamp or a later one was received, nanoseconds."""
        return any(stamp_ns(message) >= stamp for message in list(self._messages))

    def choose(self, size: tuple[int, int], stamp: int) -> Any:
        """
        Return the message for an image of (height, width) ``size`` and this stamp, nanoseconds.

        Raises:
            NoCameraInfoError: none was received.
            SizeError: all that are kept are for other sizes; the text names the likely cause.
        """
        messages = list(self._messages)[::-1]  # newest first: min() takes it if stamps are equal
        if not messages:
            raise NoCameraInfoError(
                f'no camera_info for an image of {size[0]}x{size[1]}: none was received: is '
                'camera_info remapped to the topic of this camera?')
        fitting = [message for message in messages if image_size(message) == size]
        if not fitting:
            check_size(messages[0], size)
        chosen = min(fitting, key=lambda message: abs(stamp_ns(message) - stamp))
        self.offset = (stamp_ns(chosen) - stamp) * 1e-9
        return chosen
