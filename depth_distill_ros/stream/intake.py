# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""From paired pictures to stored frames, with an account of every one of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame, FrameError, FrameSizeError
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.stream.pairing import StampPairer
from depth_distill_ros.stream.semantics import SemanticsError
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError

# The first class that fits names the reason.
_REASONS = (
    (FrameSizeError, 'size'),
    (FrameError, 'frame'),
    (GeometryError, 'intrinsics'),
    (SemanticsError, 'semantics'),
    (StoreError, 'store'),
)


@dataclass
class StreamCounters:
    """
    What became of what came in.

    Attributes
    ----------
    received : messages per topic
    paired : full sets
    unpaired : messages whose partners never came
    duplicates : messages whose stamp had come before
    resets : simulator resets (the clock jumped back)
    rejected : full sets not stored, and messages that belong to none, per reason: size, frame,
        intrinsics, semantics, store, or one that the caller gave
    stored : frames stored
    evicted : frames that left the store to keep it bounded
    last_error : the last rejection's message, '' if there was none

    """

    received: dict[str, int] = field(default_factory=dict)
    paired: int = 0
    unpaired: int = 0
    duplicates: int = 0
    resets: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    stored: int = 0
    evicted: int = 0
    last_error: str = ''


class StreamIntake:
    """
    Stores decoded frames at the size of the store and counts.

    A frame that cannot be stored is counted under its reason with its message in
    ``last_error``; the next one is tried all the same, as a camera may be put right and a
    disk be cleared.

    Parameters
    ----------
    writer : the store

    """

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._rejected: dict[str, int] = {}
        self._last_error = ''

    def add(
            self, image: np.ndarray, semantics: np.ndarray, intrinsics: Intrinsics,
            stamp: int) -> int | None:
        """
        Crop, resize and store one frame.

        Parameters
        ----------
        image : H x W x 3 uint8, RGB
        semantics : H x W uint8, class ids
        intrinsics : of the image
        stamp : nanoseconds

        Returns
        -------
        its key in the store, or None if it was rejected

        """
        try:
            frame = Frame(image, semantics=semantics, intrinsics=intrinsics, stamp=stamp)
            return self._writer.append(
                frame.through(View.fit(frame.size, self._writer.size)))
        except DepthDistillError as error:
            self.reject(error)
            return None

    def reject(self, error: DepthDistillError, reason: str | None = None) -> None:
        """Count a set that failed before ``add``; ``reason`` where the error's type is not it."""
        if reason is None:
            reason = next((name for kind, name in _REASONS if isinstance(error, kind)), 'other')
        self._rejected[reason] = self._rejected.get(reason, 0) + 1
        self._last_error = str(error)

    def counters(self, pairer: StampPairer | None = None) -> StreamCounters:
        """Return the account as it stands, with that of the pairer in front of this intake."""
        counters = StreamCounters(
            rejected=dict(self._rejected), stored=self._writer.stored,
            evicted=self._writer.evicted, last_error=self._last_error)
        if pairer is not None:
            counters.received = dict(pairer.received)
            counters.paired = pairer.paired
            counters.unpaired = pairer.unpaired
            counters.duplicates = pairer.duplicates
            counters.resets = pairer.reset_count
        return counters
