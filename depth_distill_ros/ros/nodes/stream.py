# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The simulator's topics into the stream store: paired by stamp, decoded, counted.

The robot's own camera, which has no semantics, becomes an auxiliary store the same way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.parameters import ParameterError
from depth_distill_ros.ros.support.semantic_topics import LABELS, SemanticTopics
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream.decoding import Ready
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.pairing import StampPairer
from depth_distill_ros.stream.store import StreamWriter

# Nothing may be lost while one frame is being stored, and a busy disk takes its time.
_QUEUE = 60
_TOPICS = {'image': Image, 'semantics': Image, 'camera_info': CameraInfo}
_REASON = {'image': 'image', 'semantics': 'semantics', 'camera_info': 'intrinsics',
           LABELS: 'labels'}


class StreamNode(ManagedNode):
    """image, semantics and camera_info of one stamp become one frame of the store."""

    def __init__(self) -> None:
        super().__init__('stream', StreamSettings)
        self._writer: StreamWriter | None = None

    def configure(self) -> None:
        if not self.value('work_dir'):
            raise ParameterError('parameter work_dir is empty: name the folder of the run')
        self._writer = StreamWriter(
            Path(self.value('work_dir')).expanduser() / self.value('store'),
            (self.value('height'), self.value('width')), self.value('capacity'))
        self._intake = StreamIntake(self._writer)
        self._semantics = None
        if self.value('semantics') != 'none':
            self._semantics = SemanticTopics(self, self._store, self._on_bad_labels)
        self._topics = {topic: kind for topic, kind in _TOPICS.items()
                        if topic != 'semantics' or self._semantics}
        self._pairer = StampPairer(tuple(self._topics), _QUEUE)
        self._last, self._thinned = None, 0
        self._frames = len(self._writer)
        self.get_logger().info(f'{self._writer.path} holds {self._frames} frames')

    def activate(self) -> None:
        for topic, kind in self._topics.items():
            self.listen(kind, topic, lambda message, t=topic: self._on_message(t, message), _QUEUE)
        if self._semantics:
            self._semantics.listen()

    def deactivate(self) -> None:
        if self._semantics:
            self._semantics.stop()

    def cleanup(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def diagnose(self) -> Diagnosis:
        counters = self._intake.counters(self._pairer)
        rejected = sum(counters.rejected.values())
        values = {
            **{f'received.{topic}': count for topic, count in counters.received.items()},
            'paired': counters.paired, 'unpaired': counters.unpaired, 'thinned': self._thinned,
            'duplicates': counters.duplicates, 'resets': counters.resets, 'rejected': rejected,
            **{f'rejected.{reason}': count for reason, count in counters.rejected.items()},
            'stored': counters.stored, 'evicted': counters.evicted,
            'store_frames': len(self._writer), 'last_rejection': counters.last_error}
        crowded = self.crowded_inputs()
        values |= {f'publishers.{topic}': ', '.join(who) for topic, who in crowded.items()}
        warning = self._semantics.warning() if self._semantics else ''
        if self._semantics:
            values |= self._semantics.values()
        if counters.rejected.get('store'):
            return Diagnosis(Level.ERROR, counters.last_error, values)
        if crowded:
            return Diagnosis(Level.WARN, '; '.join(
                f'{topic} has {len(who)} publishers: {", ".join(who)}'
                for topic, who in crowded.items()), values)
        if rejected:
            return Diagnosis(Level.WARN, f'{rejected} rejected, last: {counters.last_error}',
                             values)
        if counters.unpaired and not counters.paired:
            return Diagnosis(Level.WARN, (
                f'{", ".join(self._topics)} never have one stamp ({counters.unpaired} messages '
                'came alone): they must be of the same frames, see update_rate in Gazebo and '
                'frameSkipCount in Isaac Sim'), values)
        if warning:
            return Diagnosis(Level.WARN, warning, values)
        return Diagnosis(Level.OK, f'{counters.stored} frames stored', values)

    def _on_message(self, topic: str, message: Image | CameraInfo) -> None:
        stamp = images.stamp_ns(message)
        resets = self._pairer.reset_count
        messages = self._pairer.add(topic, stamp, message)
        if self._semantics and self._pairer.reset_count > resets:
            self._semantics.reset()
        if messages is None or self._is_too_soon(stamp):
            return
        if self._semantics:
            self._semantics.add(stamp, messages)
        else:
            self._store(Ready(stamp, messages, None))

    def _store(self, frame: Ready) -> None:
        parts = {}
        for name, part in frame.frame.items():
            try:
                parts[name] = self._read(name, part, frame)
            except DepthDistillError as error:
                self._reject(error, name)
                return
        classes = parts.get('semantics')
        if classes is None:
            classes = np.zeros(parts['image'].shape[:2], np.uint8)
        if self._intake.add(parts['image'], classes, parts['camera_info'], frame.stamp) is None:
            self._warn(self._intake.counters().last_error)

    def _read(self, name: str, message: Image | CameraInfo, frame: Ready) -> object:
        if name == 'image':
            return images.read_rgb(message)
        if name == 'camera_info':
            return camera_info.to_intrinsics(message)
        return self._semantics.read(message, frame)

    def _reject(self, error: DepthDistillError, name: str) -> None:
        self._intake.reject(error, _REASON[name])
        self._warn(f'{name}: {error}')

    def _on_bad_labels(self, error: DepthDistillError) -> None:
        self._reject(error, LABELS)

    def _is_too_soon(self, stamp: int) -> bool:
        rate = self.value('max_rate')
        # a clock that went back is that of another journey
        if rate and self._last is not None and 0 <= stamp - self._last < 1e9 / rate:
            self._thinned += 1
            return True
        self._last = stamp
        return False

    def _warn(self, reason: str) -> None:
        self.get_logger().warning(f'frame rejected: {reason}', throttle_duration_sec=1.0)
