# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Stores the topics of a simulator, or of the robot's own camera, as frames of the stream store.

What happens to a message is in ``stream/intake.py``; the robot's camera has no semantics, and its
frames form the auxiliary store. A simulator's messages of one frame have one stamp; the robot's
images go with the nearest camera_info (``encodings/camera_infos.py``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import partial
import time
from typing import Any

import numpy as np
from rclpy.timer import Timer
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from depth_distill_ros.encodings.camera_infos import CameraInfos
from depth_distill_ros.files import expanded
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.ros.cameras.lens import Lens
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

_READ = {'image': images.read_rgb, 'semantics': images.read_array}
_IMAGES = (Image, CompressedImage)
_TYPES = {'image': _IMAGES, 'semantics': Image, 'camera_info': CameraInfo}
_LABELS, _LABEL_INFO = 'semantic_labels', 'label_info'
_TICK = 0.5  # seconds between two checks of the frames that wait
_PATIENCE = 2  # newer images until an image goes with an older camera_info


class StreamNode(ManagedNode):
    """Subscribes to image, semantics and camera_info and gives them to a ``StreamIntake``."""

    def __init__(self) -> None:
        super().__init__('stream', StreamSettings)
        self._writer: StreamWriter | None = None
        self._timer: Timer | None = None
        self._frames = self.recent_frames()
        self._storing_fails = False  # until a frame is stored again
        self._infos = CameraInfos()
        self._lens: Lens | None = None  # of the robot's camera
        self._waiting: deque[tuple[float, Image | CompressedImage]] = deque()

    def configure(self) -> None:
        self._writer = StreamWriter(
            self.work_dir() / self.value('store'), (self.value('height'), self.value('width')),
            self.value('capacity'))
        self._storing_fails = False
        decoder = self._decoder()
        self._intake = StreamIntake(
            self._writer, _READ if decoder else {'image': images.read_rgb}, decoder,
            self.get_logger(), camera=_camera if decoder else self._nearest_camera,
            paired=tuple(_TYPES) if decoder else ('image',), tell=self._tell,
            view=partial(View.of, self.value('resize')))
        held = (f'{self._writer.path} holds {len(self._writer)} frames, '
                f'and at most {self._writer.capacity}')
        self.get_logger().info(held if decoder else f"{held}: the newest of the robot's camera "
                               'that differ; robot_frames: off of the launch files stores none')

    def activate(self) -> None:
        # The queues are long: no message may be lost while a busy disk stores a frame.
        if self.value('semantics') == 'none':
            self.listen(_IMAGES, 'image', self._on_robot_image, CAPACITY)
            self.listen(CameraInfo, 'camera_info', self._on_robot_info, CAPACITY, once=True)
        else:
            for topic, kind in _TYPES.items():
                self.listen(kind, topic, partial(self._on_message, topic), CAPACITY)
        self._timer = self.steady_timer(_TICK, self._tick)
        kind = self.value('semantics')
        if kind in ('auto', 'isaac'):
            self.listen(String, _LABELS, self._on_labels, CAPACITY, may_be_silent=True)
        if kind in ('auto', _LABEL_INFO) and label_info_type():
            self.listen(label_info_type(), _LABEL_INFO, self._on_label_info, 1,
                        reliability='reliable', latched=True, may_be_silent=True)

    def deactivate(self) -> None:
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        self._intake.clear()
        self._waiting.clear()
        self._infos.clear()

    def cleanup(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def diagnose(self) -> Diagnosis:
        several = self.inputs_with_several_publishers()
        values = self._intake.values() | {
            f'publishers.{topic}': ', '.join(names) for topic, names in several.items()}
        if self._infos.received:
            values |= {'received.camera_info': self._infos.received, 'camera_info_offset_ms':
                       None if self._infos.offset is None else self._infos.offset * 1e3}
        if self._storing_fails:
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
        return SemanticDecoder(kind, class_table.load(expanded(file) if file else None))

    def _on_message(self, topic: str, message: Image | CompressedImage | CameraInfo) -> None:
        self._intake.max_rate = self.value('max_rate')
        self._intake.min_difference = self.value('min_difference')
        self._intake.add(topic, images.stamp_ns(message), message)

    def _on_robot_image(self, message: Image | CompressedImage) -> None:
        self._waiting.append((time.monotonic(), message))
        self._take_waiting()

    def _on_robot_info(self, message: CameraInfo) -> None:
        self._infos.add(message)
        self._take_waiting()

    def _take_waiting(self) -> None:
        """Take the images whose camera_info has arrived, or which have waited long enough."""
        while self._waiting:
            arrival, message = self._waiting[0]
            if not (self._infos.reach(images.stamp_ns(message)) or len(self._waiting) > _PATIENCE
                    or time.monotonic() - arrival > _TICK):
                return
            self._waiting.popleft()
            self._on_message('image', message)

    def _nearest_camera(self, messages: Mapping[str, Any], image: np.ndarray, stamp: int,
                        ) -> tuple[np.ndarray, Intrinsics]:
        info, rectify = self._infos.choose(image.shape[:2], stamp), self.value('rectify')
        if self._lens is None or not self._lens.fits(info, rectify):
            self._lens = Lens(info, rectify)
        return self._lens.image(image), self._lens.camera

    def _tell(self, reason: str, line: str) -> None:
        self._storing_fails = reason == 'store' or self._storing_fails and bool(reason)
        if reason:
            self._frames.lost(reason, line)
        else:
            self._frames.used()

    def _on_labels(self, message: String) -> None:
        self._intake.add_labels(message.data)

    def _on_label_info(self, message) -> None:
        self._intake.set_label_info(names_by_id(message))

    def _tick(self) -> None:
        self._take_waiting()
        if self.value('semantics') != 'none':
            # count_publishers does not apply remappings by itself
            topic = self.resolve_topic_name(self.topic(_LABELS))
            self._intake.tick(self.count_publishers(topic) > 0)


def _camera(messages: Mapping[str, Any], image: np.ndarray, stamp: int,
            ) -> tuple[np.ndarray, Intrinsics]:
    camera_info.check_size(messages['camera_info'], image.shape[:2])
    return image, camera_info.to_intrinsics(messages['camera_info'])
