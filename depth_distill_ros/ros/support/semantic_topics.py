# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""The topics beside a semantic picture that say what its ids mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time

import numpy as np
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import Image
from std_msgs.msg import String

from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.parameters import ParameterError
from depth_distill_ros.stream import class_table
from depth_distill_ros.stream.decoding import MEANINGS, Ready, SemanticDecoder
from depth_distill_ros.stream.labels import LabelsError

LABELS, INFO = 'semantic_labels', 'label_info'
_QUEUE = 60
_TICK = 0.5  # seconds between two looks at who publishes labels and what waits too long


class SemanticTopics:
    """
    Listens to Isaac Sim's labels and to LabelInfo, and says once what it found.

    Parameters
    ----------
    node : has the parameters ``semantics`` and ``classes``
    store : called with each frame (stamp, messages, names of its ids) once it can be decoded
    reject : called with what is wrong with a label message

    Attributes
    ----------
    decoder : what all this feeds

    """

    def __init__(self, node: ManagedNode, store: Callable[[Ready], None],
                 reject: Callable[[LabelsError], None]) -> None:
        kind, file = node.value('semantics'), node.value('classes')
        self._info_type = label_info_type()
        if kind == INFO and self._info_type is None:
            raise ParameterError('parameter semantics is label_info, and vision_msgs is not '
                                 'installed: apt install ros-$ROS_DISTRO-vision-msgs')
        self.decoder = SemanticDecoder(
            kind, class_table.load(Path(file).expanduser() if file else None))
        self._node, self._store, self._reject = node, store, reject
        self._said = ''
        self._timer = None

    def listen(self) -> None:
        """Subscribe until the node deactivates."""
        if self._node.value('semantics') in ('auto', 'isaac'):
            self._node.listen(String, LABELS, self._on_labels, _QUEUE, may_be_silent=True)
        if self._info_type and self._node.value('semantics') in ('auto', INFO):
            self._node.listen(self._info_type, INFO, self._on_info, 1, reliability='reliable',
                              latched=True, may_be_silent=True)
        # A steady clock: what waits for labels must go even when the simulator stands still.
        self._timer = self._node.create_timer(
            _TICK, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def stop(self) -> None:
        """Let nothing wait any longer."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        self.decoder.reset()

    def reset(self) -> None:
        """Let go of what waits: the simulator began again."""
        self.decoder.reset()

    def add(self, stamp: int, messages: dict[str, object]) -> None:
        """Take one frame, whose classes may have to wait for their names."""
        ready = self.decoder.add(stamp, messages['semantics'].encoding, messages, time.monotonic())
        self._pass_on(ready)

    def read(self, message: Image, frame: Ready) -> np.ndarray:
        """Return the classes, H x W uint8; SemanticsError or ImageError for a bad picture."""
        classes, strange = self.decoder.decode(
            images.read_array(message), message.encoding, frame.names)
        if strange:
            self._node.get_logger().warning(
                f'the class table lacks {", ".join(strange)}: taken for something else, see the '
                'parameter classes')
        return classes

    def values(self) -> dict[str, object]:
        """Return what goes into the diagnosis."""
        decoder = self.decoder
        values = {'semantics': decoder.kind}
        if decoder.labels or decoder.kind == 'isaac':
            values |= {f'received.{LABELS}': decoder.labels,
                       'waiting_for_labels': decoder.join.waiting,
                       'without_labels': decoder.join.without_labels,
                       'labels_without_frame': decoder.join.without_frame}
        return values | {'unknown_classes': ', '.join(
            f'{name} ({frames})' for name, frames in decoder.unknown.most_common())}

    def warning(self) -> str:
        """Return the one thing to know, '' if all is well."""
        dropped, unknown = self.decoder.join.without_labels, self.decoder.unknown
        if self.decoder.kind == 'isaac' and dropped:
            return (f'{dropped} frames dropped, as no labels came for them on {LABELS}: is '
                    'enableSemanticLabels set?')
        if unknown:
            names = [name for name, _ in unknown.most_common(5)]
            return f'the class table lacks {len(unknown)} classes: {", ".join(names)}'
        return ''

    def _on_labels(self, message: String) -> None:
        try:
            ready = self.decoder.add_labels(message.data, time.monotonic())
        except LabelsError as error:
            self._reject(error)
            return
        self._pass_on(ready)

    def _on_info(self, message) -> None:
        self.decoder.set_info(info_names(message))

    def _tick(self) -> None:
        # count_publishers alone would not follow a remapping
        published = self._node.count_publishers(self._node.resolve_topic_name(LABELS)) > 0
        self._pass_on(self.decoder.tick(published, time.monotonic()))

    def _pass_on(self, ready: list[Ready]) -> None:
        kind = self.decoder.kind
        if kind not in ('auto', self._said):
            self._said = kind
            self._node.get_logger().info(f'semantics: {kind}: {MEANINGS[kind]}')
        for frame in ready:
            self._store(frame)


def label_info_type() -> type | None:
    """Return vision_msgs/LabelInfo, None where that package is not installed."""
    try:
        from vision_msgs.msg import LabelInfo
    except ImportError:
        return None
    return LabelInfo


def info_names(message) -> dict[int, str]:
    """Return the names by id of a vision_msgs/LabelInfo."""
    return {entry.class_id: entry.class_name for entry in message.class_map}
