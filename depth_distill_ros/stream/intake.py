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
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics, SizeError
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
_REASONS = ((FrameSizeError, 'size'), (SizeError, 'size'), (FrameError, 'frame'),
            (GeometryError, 'intrinsics'), (SemanticsError, 'semantics'), (StoreError, 'store'))
_STARVED = 20  # images in a row without a frame, from which on a topic counts as missing
# Repeated frames in a row from which the camera of a simulator stands still or goes in a circle.
_MANY_REPEATED = 100
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
    thinned, a duplicate, unpaired, without labels, repeated (the store has a frame like it), or
    rejected with a reason. A rejected frame stops nothing: the next one is tried, since a camera
    may be reconfigured and a disk cleared.
    What became of each frame is also given to ``tell``.

    Args:
        writer: the store
        read: function from a message to its content, by topic: image H x W x 3 uint8 RGB,
            semantics H x W (x 3) as sent, camera_info Intrinsics. ``semantics`` is left out of a
            stream without classes
        decoder: of the semantics; None for a stream without classes
        log: receives what an operator should know
        clock: seconds that only increase
        camera: function from the messages of a frame, its image and its stamp, nanoseconds, to
            the image as it is stored and its Intrinsics; None: ``read`` has them from camera_info
        paired: the topics whose messages make a frame if they have one stamp, image first; by
            default those of ``read``
        tell: is called for each frame with ('', '') if it was stored or repeated, else with the
            reason and a line why it is lost
        view: how an image of another aspect ratio becomes a frame, View.fit or View.pad
    Attributes:
        max_rate: frames per second of the stamps that are stored at most; 0: all
        min_difference: grey levels (``signature.py``) by which a frame must differ from every
            stored one, or it counts as repeated; 0: it may not be the same
        rejected: frames and label messages that were rejected, by reason: image, size, frame,
            intrinsics, semantics, labels, store or other
        last_rejection: the last rejection's message, '' if there was none
    """

    def __init__(
            self, writer: StreamWriter, read: Mapping[str, Callable[[Any], Any]],
            decoder: SemanticDecoder | None, log: Log,
            clock: Callable[[], float] = time.monotonic, *,
            camera: Callable[[Mapping[str, Any], np.ndarray, int],
                             tuple[np.ndarray, Intrinsics]] | None = None,
            paired: tuple[str, ...] = (),
            tell: Callable[[str, str], None] = lambda reason, line: None,
            view: Callable[[tuple[int, int], tuple[int, int]], View] = View.fit) -> None:
        self.max_rate = 0.0
        self.min_difference = 0.0
        self.rejected: Counter[str] = Counter()
        self.last_rejection = ''
        self._writer, self._read, self._camera, self._tell = writer, read, camera, tell
        self._decoder: Any = decoder
        self._view = view
        self._log, self._clock = log, clock
        self._pairer = StampPairer(paired or tuple(read), CAPACITY)
        self._last_stamp: int | None = None
        self._thinned = self._repeated = self._repeated_in_a_row = 0
        self._largest, self._unlabelled = 1, 0
        self._logged_kind = ''
        self._warned = -_WARNING_PERIOD

    def add(self, topic: str, stamp: int, message: Any) -> None:
        """Take a message of a paired topic, stamp in ns; store the frame that it completes."""
        self._bound(len(getattr(message, 'data', ())))
        pairer = self._pairer
        resets, duplicates, lost = pairer.reset_count, pairer.duplicates, pairer.lost
        messages = pairer.add(topic, stamp, message)
        if pairer.reset_count > resets:
            self.clear()
        elif pairer.lost > lost:
            for _ in range(pairer.lost - lost):
                self._tell('unpaired', self._unpaired_line())
        elif pairer.duplicates > duplicates and topic == pairer.topics[0]:
            self._tell('stamp', f'{topic} repeats the stamp {stamp * 1e-9:.3f} s: its publisher '
                       'must set header.stamp of each frame')
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
            self._unlabelled = self._decoder.join.without_labels  # left out on purpose

    def _bound(self, nbytes: int) -> None:
        """Let fewer messages wait for their partners where images are large."""
        if nbytes > self._largest:
            self._largest = nbytes
            self._pairer.capacity = most_waiting(nbytes, CAPACITY)
            if self._decoder is not None:
                self._decoder.join.capacity = self._pairer.capacity

    def _unpaired_line(self) -> str:
        pairer = self._pairer
        found = 'have no common stamp now' if pairer.paired else 'never have one stamp'
        return (f'{", ".join(pairer.topics)} {found} ({pairer.unpaired} messages without '
                f'partners, mostly for want of {pairer.missing()}): let the simulator publish '
                'them at one rate, by update_rate in Gazebo, by frameSkipCount 0 in Isaac Sim')

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
        self._tell_unlabelled()
        for ready in frames:
            topic = ''
            try:
                content = {}
                for topic in self._read:
                    message = ready.frame[topic]
                    content[topic] = self._read[topic](message)
                    if topic == 'semantics':
                        content[topic] = self._classes(content[topic], message.encoding, ready)
                image, topic = content['image'], 'camera_info'
                if self._camera is not None:
                    image, content[topic] = self._camera(ready.frame, image, ready.stamp)
                topic = ''
                frame = Frame(
                    image, semantics=content.get('semantics', np.zeros(image.shape[:2], np.uint8)),
                    intrinsics=content['camera_info'], stamp=ready.stamp)
                self._count(self._writer.append(
                    frame.through(self._view(frame.size, self._writer.size)), self.min_difference))
                self._tell('', '')
            except Exception as error:  # costs this frame; the next one may be good
                reason = '' if isinstance(error, SizeError) else _UNREADABLE.get(topic, '')
                self._reject(error, reason or next(
                    (reason for kind, reason in _REASONS if isinstance(error, kind)), 'other'))

    def _tell_unlabelled(self) -> None:
        """Give the frames away for lost that waited for their labels in vain."""
        before = self._unlabelled
        self._unlabelled = self._decoder.join.without_labels if self._decoder else 0
        for _ in range(self._unlabelled - before):
            found, cure = ('no labels were received', 'set enableSemanticLabels in Isaac Sim') \
                if not self._decoder.labels else (
                    f'the {self._decoder.labels} labels that were received have other stamps',
                    'let the images and the labels have the same clock')
            self._tell('labels', f'{found} for the frame on semantic_labels: {cure}')

    def _count(self, key: int | None) -> None:
        self._repeated += key is None
        self._repeated_in_a_row = self._repeated_in_a_row + 1 if key is None else 0

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
        self._tell(reason, self.last_rejection)
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
            'duplicates': pairer.duplicates, 'repeated': self._repeated,
            'resets': pairer.reset_count, 'rejected': self.rejected.total(),
            **{f'rejected.{reason}': count for reason, count in self.rejected.items()},
            'stored': self._writer.stored, 'evicted': self._writer.evicted,
            'store_frames': len(self._writer), 'last_rejection': self.last_rejection,
            **(self._decoder.values() if self._decoder else {})}

    def warning(self) -> str:
        """Return the most important problem beside lost frames, '' if there is none."""
        if self._pairer.starved > _STARVED:
            return self._unpaired_line()
        if self._decoder is None:
            return ''  # a robot may stand still
        if self._repeated_in_a_row >= _MANY_REPEATED:
            return (f'the last {self._repeated_in_a_row} frames show what the store has already: '
                    "move the simulator's camera, or lengthen its path (min_difference is "
                    f'{self.min_difference:g})')
        return self._decoder.warning()
