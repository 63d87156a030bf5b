# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Stores the topics of a simulator, or of the robot's own camera, as frames of the stream store.

What happens to a message is in ``stream/intake.py``; the robot's camera has no semantics, and its
frames form the auxiliary store.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rclpy.timer import Timer
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.conversions.label_info import label_info_type, names_by_id
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.parameters import ParameterError
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream import class_table
from depth_distill_ros.stream.intake import CAPACITY, StreamIntake
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.store import StreamWriter

_TYPES = {'image': Image, 'semantics': Image, 'camera_info': CameraInfo}
_READ = {'image': images.read_rgb, 'semantics': images.read_array,
         'camera_info': camera_info.to_intrinsics}
_LABELS, _LABEL_INFO = 'semantic_labels', 'label_info'
_TICK = 0.5  # seconds between two checks of the frames that wait for labels


class StreamNode(ManagedNode):
    """Subscribes to image, semantics and camera_info and gives them to a ``StreamIntake``."""

    def __init__(self) -> None:
        super().__init__('stream', StreamSettings)
        self._writer: StreamWriter | None = None
        self._timer: Timer | None = None

    def configure(self) -> None:
        self._writer = StreamWriter(
            self.work_dir() / self.value('store'), (self.value('height'), self.value('width')),
            self.value('capacity'))
        decoder = self._decoder()
        self._topics = [topic for topic in _TYPES if topic != 'semantics' or decoder]
        self._intake = StreamIntake(
            self._writer, {topic: _READ[topic] for topic in self._topics}, decoder,
            self.get_logger())
        self.get_logger().info(f'{self._writer.path} holds {len(self._writer)} frames')

    def activate(self) -> None:
        # The queues are long: no message may be lost while a busy disk stores a frame.
        for topic in self._topics:
            self.listen(_TYPES[topic], topic, partial(self._on_message, topic), CAPACITY)
        kind = self.value('semantics')
        if kind in ('auto', 'isaac'):
            self.listen(String, _LABELS, self._on_labels, CAPACITY, may_be_silent=True)
        if kind in ('auto', _LABEL_INFO) and label_info_type():
            self.listen(label_info_type(), _LABEL_INFO, self._on_label_info, 1,
                        reliability='reliable', latched=True, may_be_silent=True)
        if kind != 'none':
            self._timer = self.steady_timer(_TICK, self._tick)

    def deactivate(self) -> None:
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        self._intake.clear()

    def cleanup(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def diagnose(self) -> Diagnosis:
        several = self.inputs_with_several_publishers()
        values = self._intake.values() | {
            f'publishers.{topic}': ', '.join(names) for topic, names in several.items()}
        if self._intake.rejected['store']:
            return Diagnosis(Level.ERROR, self._intake.last_rejection, values)
        warning = '; '.join(f'{topic} has {len(names)} publishers: {", ".join(names)}'
                            for topic, names in several.items()) or self._intake.warning()
        if warning:
            return Diagnosis(Level.WARN, warning, values)
        return Diagnosis(Level.OK, f'{values["stored"]} frames stored', values)

    def _decoder(self) -> SemanticDecoder | None:
        kind, file = self.value('semantics'), self.value('classes')
        if kind == 'none':
            return None
        if kind == _LABEL_INFO and label_info_type() is None:
            raise ParameterError('parameter semantics is label_info, but vision_msgs is not '
                                 'installed: apt install ros-$ROS_DISTRO-vision-msgs')
        return SemanticDecoder(kind, class_table.load(Path(file).expanduser() if file else None))

    def _on_message(self, topic: str, message: Image | CameraInfo) -> None:
        self._intake.max_rate = self.value('max_rate')
        self._intake.add(topic, images.stamp_ns(message), message)

    def _on_labels(self, message: String) -> None:
        self._intake.add_labels(message.data)

    def _on_label_info(self, message) -> None:
        self._intake.set_label_info(names_by_id(message))

    def _tick(self) -> None:
        # count_publishers does not apply remappings by itself
        topic = self.resolve_topic_name(self.topic(_LABELS))
        self._intake.tick(self.count_publishers(topic) > 0)
