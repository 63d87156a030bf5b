# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS bags as data sets, without ROS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from depth_distill_ros.datasets.bags.bag_file import BagFile, Index, Place
from depth_distill_ros.datasets.bags.topics import TYPES, choose
from depth_distill_ros.datasets.reader import DatasetError, LeftOut
from depth_distill_ros.datasets.readers.common import PerProcess, not_found
from depth_distill_ros.datasets.readers.matching import matched
from depth_distill_ros.encodings import compressed
from depth_distill_ros.encodings import image as images
from depth_distill_ros.encodings.camera import to_intrinsics
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream import semantics as class_maps

_TRIED = 100  # messages of a topic until one can be read


class BagReader:
    """
    The images of one topic in time order, each with the nearest messages of the other topics.

    Opening goes through the whole bag once, because the stamps are inside the messages. After that
    a frame is read from its place: its row of sqlite3, the chunk that holds it of mcap. Random
    access costs no more than sequential access.

    Attributes:
        left_out: images without a message of another topic at their time
        remarks: what is damaged or missing in the bag, and a camera that is not calibrated
    Args:
        path: the bag's folder, or one .mcap, .db3 or ROS 1 .bag file
        image, depth, semantics, camera_info: topics, raw or compressed; depth or camera_info
            'none': without it. By default, image and depth are the only topics of their kind in
            the bag and camera_info is next to the image. Semantics are read only if given. The
            first camera_info that is calibrated serves all images.
        within: maximum time between the stamps of one frame, seconds
    """

    def __init__(self, path: Path, image: str | None = None, depth: str | None = None,
                 semantics: str | None = None, camera_info: str | None = None,
                 within: float = 0.02) -> None:
        if not path.exists():
            raise not_found('bag', 'a bag (metadata.yaml, *.mcap, *.db3 or *.bag)', path)
        self._path = path
        self._bag = PerProcess(BagFile, path)
        index = self._bag.get().scan(TYPES)
        self.remarks = list(index.remarks)
        try:
            self._topics, remarks = choose(
                index.types, lambda topic: self._first(index, topic), image, depth, semantics,
                camera_info)
            self.remarks += remarks
            self._camera = self._read_camera(index, camera_info is not None)
            self._frames, self.left_out = self._matched(index.places, within)
        except DatasetError as error:
            # What is damaged may be the reason.
            raise DatasetError('; '.join((str(error), *index.remarks))) from None

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        number, places = self._frames[index]
        stamp = places[self._topics.image].stamp
        parts = {topic: self._bag.get().read(place)
                 for topic, place in places.items()}
        image: Any = self._decoded(_colour, parts, self._topics.image, stamp)
        camera = self._camera
        if camera is not None and camera.size != image.shape[:2]:
            raise DatasetError(f'{self._path}: {self._topics.camera_info} is for {camera.size} '
                               f'and {self._topics.image} is {image.shape[:2]} (height, width): '
                               'name its camera_info=TOPIC, or camera_info=none')
        depth = self._decoded(_depth, parts, self._topics.depth, stamp)
        if depth is not None and depth.shape != image.shape[:2]:
            raise DatasetError(f'{self._path}: {self._topics.depth} is {depth.shape} and '
                               f'{self._topics.image} {image.shape[:2]} (height, width): name '
                               'the registered depth topic, or depth=none')
        return Frame(image, depth, self._decoded(_semantics, parts, self._topics.semantics, stamp),
                     camera, name=_name(number, stamp))

    def _matched(self, places: dict[str, list[Place]], within: float,
                 ) -> tuple[list[tuple[int, dict[str, Place]]], list[LeftOut]]:
        """Return (number of the image, topic -> place) of each frame, and the other images."""
        image, *others = self._topics.frames
        of_image = places.get(image, [])
        if not of_image:
            raise DatasetError(f'{self._path}: no message on {image}')
        frames = {number: {image: place} for number, place in enumerate(of_image)}
        left_out: dict[int, LeftOut] = {}
        for topic in others:
            those = sorted(places.get(topic, []), key=lambda place: place.stamp)
            pairs = dict(matched([place.stamp for place in of_image],
                                 [place.stamp for place in those], round(within * 1e9)))
            for number, place in enumerate(of_image):
                if number in pairs:
                    frames[number][topic] = those[pairs[number]]
                else:
                    left_out.setdefault(number, LeftOut(
                        _name(number, place.stamp),
                        f'no message of {topic} of its own within {within:g} s'))
        kept = [(number, frame) for number, frame in frames.items() if number not in left_out]
        if not kept:
            raise DatasetError(f'{self._path}: no image of {image} has a message on '
                               f'{" and ".join(others)} within {within:g} s: give a larger '
                               'within=SECONDS, or depth=none')
        return kept, list(left_out.values())

    def _first(self, index: Index, topic: str) -> Any:
        """Return the first message of a topic that can be read; None if there is none."""
        for place in index.places.get(topic, [])[:_TRIED]:
            try:
                return self._bag.get().read(place)
            except DatasetError:
                continue
        return None

    def _decoded(self, decoder: Callable[[Any], np.ndarray], parts: dict[str, Any],
                 topic: str | None, stamp: int) -> np.ndarray | None:
        if topic is None:
            return None
        try:
            return decoder(parts[topic])
        except DepthDistillError as error:
            raise DatasetError(f'{self._path}: {topic} at {stamp}: {error}') from None

    def _read_camera(self, index: Index, named: bool) -> Intrinsics | None:
        topic, failure = self._topics.camera_info, 'no message'
        for place in index.places.get(topic, [])[:_TRIED] if topic else []:
            try:
                return to_intrinsics(self._bag.get().read(place))
            except DepthDistillError as error:
                failure = str(error)
        if topic is None:
            return None
        if named:
            raise DatasetError(f'{self._path}: {topic}: {failure}; camera_info=none reads the '
                               'images without a camera')
        self.remarks.append(f'{topic}: {failure}: the images have no intrinsics but those of '
                            'camera=FILE')
        return None


def _name(number: int, stamp: int) -> str:
    return f'{number:06d}-{stamp}'


def _colour(message: Any) -> np.ndarray:
    reader = images if hasattr(message, 'encoding') else compressed
    return reader.read_rgb(message)


def _depth(message: Any) -> np.ndarray:
    reader = images if hasattr(message, 'encoding') else compressed
    depth = reader.read_depth(message)
    return np.where(valid(depth), depth, np.float32(np.nan))


def _semantics(message: Any) -> np.ndarray:
    if hasattr(message, 'encoding'):
        pixels, encoding = images.read_array(message), message.encoding
    else:
        pixels, encoding = compressed.read_labels(message)
    return np.ascontiguousarray(class_maps.class_ids(pixels, encoding))
