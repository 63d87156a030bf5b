# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers that put rendered frames on the wire as Gazebo and Isaac Sim do."""

import json

import numpy as np
from ros_graph import wait_until
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.qos import profile
from depth_distill_ros.stream.classes import NYU13

BRIDGE_QOS = profile(10)  # reliable, volatile, keep last 10: the default of both


class Simulator:
    """The topics of one simulator; ``send`` publishes what ``messages`` makes of a frame."""

    kinds = {'image': Image, 'semantics': Image, 'depth': Image, 'camera_info': CameraInfo}

    def __init__(self, nodes):
        self._topics = {name: nodes.graph.talk(kind, nodes.topic(name), BRIDGE_QOS)
                        for name, kind in self.kinds.items()}
        for name, publisher in self._topics.items():
            if name != 'depth':
                wait_until(publisher.get_subscription_count, f'a subscriber of {name}')
        nodes.introduce()

    def send(self, number, frame, change=lambda messages: None):
        """Publish one frame, a tenth of a second after the one before it."""
        messages = self.messages(number, frame)
        change(messages)
        self.publish(messages)

    def publish(self, messages):
        for name, message in messages.items():
            self._topics[name].publish(message)


class Gazebo(Simulator):
    """
    Ros_gz_bridge's images: labels_map in rgb8, sensors with frame ids of their own.

    Labels are NYU's ids, as the exported worlds have them. ``panoptic`` counts instances in red
    and green. The header of the segmentation camera grows with every frame.
    """

    def __init__(self, nodes, panoptic=False):
        super().__init__(nodes)
        self._panoptic = panoptic

    @staticmethod
    def depth_of(frame):
        """Return the depth with infinity where nothing is seen and where it is too near."""
        depth = frame.depth.copy()
        depth[:2], depth[-2:] = np.inf, -np.inf
        return depth

    def messages(self, number, frame):
        stamp = images.time_message(1_000_000_000 + number * 100_000_000)
        label = frame.semantics
        image = np.stack([label] * 3, axis=-1)
        if self._panoptic:
            instance = np.where(label > 0, 250 + label.astype(int) + number, 0)
            image = np.stack([instance % 256, instance // 256, label], axis=-1)
        camera = 'camera::link::'
        return {
            'image': images.from_array(frame.image, 'rgb8', stamp, f'{camera}rgb'),
            'semantics': images.from_array(image.astype(np.uint8), 'rgb8', stamp,
                                           f'{camera}segmentation' * (number + 1)),
            'depth': images.from_array(self.depth_of(frame), '32FC1', stamp, f'{camera}rgbd'),
            'camera_info': camera_info.from_intrinsics(frame.intrinsics, stamp, f'{camera}rgb')}


class Isaac(Simulator):
    """
    Isaac Sim's bridge: ids in 32SC1 that change from frame to frame, their names in JSON.

    0 is BACKGROUND and 1 UNLABELLED; the classes that are visible follow in any order, in lower
    case. What has no class is background in its upper half and unlabelled below.
    """

    kinds = {**Simulator.kinds, 'semantic_labels': String}

    def messages(self, number, frame):
        # the simulator's time is a double, cut off at nanoseconds
        stamp = images.time_message(int((1 / 3 + number * 0.1) * 1e9))
        order = np.random.default_rng(number).permutation(np.arange(1, len(NYU13)))
        visible = [c for c in order if (frame.semantics == c).any()]
        ids = np.zeros(frame.semantics.shape, np.int32)
        ids[ids.shape[0] // 2:] = 1
        labels = {'0': {'class': 'BACKGROUND'}, '1': {'class': 'UNLABELLED'}}
        for index, number_of_class in enumerate(visible, 2):
            ids[frame.semantics == number_of_class] = index
            labels[str(index)] = {'class': NYU13[number_of_class]}
        labels['time_stamp'] = {'sec': stamp.sec, 'nanosec': stamp.nanosec}
        depth = frame.depth.copy()
        depth[:, :2] = np.inf
        eye = 'sim_camera'
        return {
            'image': images.from_array(frame.image, 'rgb8', stamp, eye),
            'semantics': images.from_array(ids, '32SC1', stamp, eye),
            'depth': images.from_array(depth, '32FC1', stamp, eye),
            'camera_info': camera_info.from_intrinsics(frame.intrinsics, stamp, eye),
            'semantic_labels': String(data=json.dumps(
                labels, sort_keys=True, separators=(',', ':')))}


class PlainIds(Simulator):
    """NYU's ids in each integer encoding by turns."""

    encodings = (('mono8', np.uint8), ('8UC1', np.uint8), ('mono16', np.uint16),
                 ('16UC1', np.uint16), ('32SC1', np.int32))

    def messages(self, number, frame):
        stamp = images.time_message(number * 100_000_000)
        encoding, dtype = self.encodings[number * len(self.encodings) // 12]
        return {
            'image': images.from_array(frame.image, 'rgb8', stamp, 'eye'),
            'semantics': images.from_array(
                frame.semantics.astype(dtype), encoding, stamp, 'eye'),
            'depth': images.from_array(frame.depth, '32FC1', stamp, 'eye'),
            'camera_info': camera_info.from_intrinsics(frame.intrinsics, stamp, 'eye')}
