# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to a message of the stream, from its arrival to the frame in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
import time
from typing import Any, Protocol

import numpy as np

from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.frame import Frame, FrameError, FrameSizeError
from depth_distill_ros.geometry.intrinsics import GeometryError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.stream.pairing import StampPairer
from depth_distill_ros.stream.semantic_decoder import MEANINGS, Ready, SemanticDecoder
from depth_distill_ros.stream.semantics import SemanticsError
from depth_distill_ros.stream.sizes import most_waiting
from depth_distill_ros.stream.store import StreamWriter
from depth_distill_ros.stream.store_errors import StoreError

# stamps by which the topics may run ahead of each other
CAPACITY = 60
# The reason under which a frame is rejected: the message that cannot be read, else the first
# class that fits the error.
_UNREADABLE = {'image': 'image', 'semantics': 'semantics', 'camera_info': 'intrinsics'}
_REASONS = ((FrameSizeError, 'size'), (FrameError, 'frame'), (GeometryError, 'intrinsics'),
            (SemanticsError, 'semantics'), (StoreError, 'store'))
_WARNING_PERIOD = 1.0  # seconds between two log lines about rejected frames


class Log(Protocol):
    """The part of a logger that is used."""

    def info(self, message: str) -> None:
        """Log a line for information."""

    def warning(self, message: str) -> None:
        """Log a warning."""


class StreamIntake:
    """
    Pairs messages by stamp, names their classes, decodes them and stores the frames.

    Read ``add`` first: every message passes pairing, thinning to ``max_rate``, the wait for its
    labels where the simulator sends some, and ``_store``. Every message is counted: it is stored,
    thinned, a duplicate, unpaired, without labels, or rejected with a reason. A rejected frame
    stops nothing: the next one is tried, since a camera may be reconfigured and a disk cleared.

    Args:
        writer: the store
        read: function from a message to its content, by topic: image H x W x 3 uint8 RGB,
            semantics H x W (x 3) as sent, camera_info Intrinsics. The topics are paired with each
            other. ``semantics`` is left out of a stream without classes
        decoder: of the semantics; None for a stream without classes
        log: receives what an operator should know
        clock: seconds that only increase
    Attributes:
        max_rate: frames per second of the stamps that are stored at most; 0: all
        rejected: frames and label messages that were rejected, by reason: image, size, frame,
            intrinsics, semantics, labels, store or other
        last_rejection: the last rejection's message, '' if there was none
    """

    def __init__(
            self, writer: StreamWriter, read: Mapping[str, Callable[[Any], Any]],
            decoder: SemanticDecoder | None, log: Log,
            clock: Callable[[], float] = time.monotonic) -> None:
        self.max_rate = 0.0
        self.rejected: Counter[str] = Counter()
        self.last_rejection = ''
        self._writer, self._read = writer, read
        self._decoder: Any = decoder
        self._log, self._clock = log, clock
        self._pairer = StampPairer(tuple(read), CAPACITY)
        self._last_stamp: int | None = None
        self._thinned = 0
        self._largest = 1
        self._logged_kind = ''
        self._warned = -_WARNING_PERIOD

    def add(self, topic: str, stamp: int, message: Any) -> None:
        """Take a message of a paired topic, stamp in ns; store the frame that it completes."""
        self._bound(len(getattr(message, 'data', ())))
        resets = self._pairer.reset_count
        messages = self._pairer.add(topic, stamp, message)
        if self._pairer.reset_count > resets:
            self.clear()
        if messages is None or self._is_too_soon(stamp):
            return
        if self._decoder is None:
            frames = [Ready(stamp, messages, None)]
        else:
            frames = self._decoder.add(
                stamp, messages['semantics'].encoding, messages, self._clock())
        self._store(frames)

    def add_labels(self, text: str) -> None:
        """Take a message of Isaac Sim's labels; store the frame that waited for it."""
        try:
            frames = self._decoder.add_labels(text, self._clock())
        except SemanticsError as error:
            self._reject(error, 'labels')
        else:
            self._store(frames)

    def set_label_info(self, names: Mapping[int, str]) -> None:
        """Take the names of vision_msgs/LabelInfo for all later frames."""
        self._decoder.set_info(names)

    def tick(self, labels_published: bool) -> None:
        """Store the frames that turn out to need no labels; drop those that waited too long."""
        self._store(self._decoder.tick(labels_published, self._clock()))

    def clear(self) -> None:
        """Drop the frames that wait for labels, after a reset of the simulator or at the end."""
        if self._decoder is not None:
            self._decoder.reset()

    def _bound(self, nbytes: int) -> None:
        """Let fewer messages wait for their partners where images are large."""
        if nbytes > self._largest:
            self._largest = nbytes
            self._pairer.capacity = most_waiting(nbytes, CAPACITY)
            if self._decoder is not None:
                self._decoder.join.capacity = self._pairer.capacity

    def _is_too_soon(self, stamp: int) -> bool:
        # a stamp before the last one follows a reset of the clock
        if self.max_rate and self._last_stamp is not None \
                and 0 <= stamp - self._last_stamp < 1e9 / self.max_rate:
            self._thinned += 1
            return True
        self._last_stamp = stamp
        return False

    def _store(self, frames: list[Ready]) -> None:
        """Decode, crop, resize and append frames."""
        self._log_kind()
        for ready in frames:
            topic = ''
            try:
                content = {}
                for topic, message in ready.frame.items():
                    content[topic] = self._read[topic](message)
                    if topic == 'semantics':
                        content[topic] = self._classes(content[topic], message.encoding, ready)
                topic = ''
                image = content['image']
                frame = Frame(
                    image, semantics=content.get('semantics', np.zeros(image.shape[:2], np.uint8)),
                    intrinsics=content['camera_info'], stamp=ready.stamp)
                self._writer.append(frame.through(View.fit(frame.size, self._writer.size)))
            except Exception as error:  # costs this frame; the next one may be good
                self._reject(error, _UNREADABLE.get(topic) or next(
                    (reason for kind, reason in _REASONS if isinstance(error, kind)), 'other'))

    def _classes(self, ids: np.ndarray, encoding: str, ready: Ready) -> np.ndarray:
        classes, unknown = self._decoder.decode(ids, encoding, ready.names)
        if unknown:
            self._log.warning(
                f'the class table lacks {", ".join(unknown)}: they become objects (entry other); '
                'add them in the file of the parameter classes')
        return classes

    def _reject(self, error: Exception, reason: str) -> None:
        self.last_rejection = str(error) if isinstance(error, DepthDistillError) else \
            printable(f'unexpected {type(error).__name__}: {error}')
        self.rejected[reason] += 1
        now = self._clock()
        if now - self._warned >= _WARNING_PERIOD:
            self._warned = now
            self._log.warning(f'frame rejected ({reason}): {self.last_rejection}')

    def _log_kind(self) -> None:
        kind = self._decoder.kind if self._decoder else 'auto'
        if kind not in ('auto', self._logged_kind):
            self._logged_kind = kind
            self._log.info(f'semantics: {kind}: {MEANINGS[kind]}')

    def values(self) -> dict[str, object]:
        """Return all counts for /diagnostics."""
        pairer = self._pairer
        return {
            **{f'received.{topic}': count for topic, count in pairer.received.items()},
            'paired': pairer.paired, 'unpaired': pairer.unpaired, 'thinned': self._thinned,
            'duplicates': pairer.duplicates, 'resets': pairer.reset_count,
            'rejected': self.rejected.total(),
            **{f'rejected.{reason}': count for reason, count in self.rejected.items()},
            'stored': self._writer.stored, 'evicted': self._writer.evicted,
            'store_frames': len(self._writer), 'last_rejection': self.last_rejection,
            **(self._decoder.values() if self._decoder else {})}

    def warning(self) -> str:
        """Return the most important problem, '' if there is none."""
        if self.rejected:
            return f'{self.rejected.total()} rejected, last: {self.last_rejection}'
        if self._pairer.unpaired and not self._pairer.paired:
            return (f'{", ".join(self._read)} never have one stamp ({self._pairer.unpaired} '
                    'messages without partners): let the simulator publish them at one rate, by '
                    'update_rate in Gazebo, by frameSkipCount 0 in Isaac Sim')
        return self._decoder.warning() if self._decoder else ''
