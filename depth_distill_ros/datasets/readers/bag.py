# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags as data sets, without ROS."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.bag_file import BagFile
from depth_distill_ros.datasets.readers.bag_topics import Topics, choose
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


class BagReader:
    """
    The images of one topic in time order, each with the nearest messages of the other topics.

    Opening reads the whole bag once, because the stamps are inside the messages. After that a
    frame is read by its time: only its rows from sqlite3, only the chunk that holds it from mcap.
    Random access costs no more than sequential access.

    Attributes:
        unmatched: images left out because another topic has no message at their time
    Args:
        path: the bag's folder (with metadata.yaml), or one .mcap or .db3 file
        image, depth, semantics, camera_info: topics; depth 'none': without depth. By default,
            image and depth are the only topics of their kind in the bag and camera_info is next to
            the image. Semantics are read only if given. The first camera_info serves all images.
        within: maximum time between the stamps of one frame, seconds
    """

    def __init__(self, path: Path, image: str | None = None, depth: str | None = None,
                 semantics: str | None = None, camera_info: str | None = None,
                 within: float = 0.02) -> None:
        if not path.exists() or (path.is_dir() and not (path / 'metadata.yaml').is_file()):
            raise not_found('bag', 'metadata.yaml (or name an .mcap or .db3 file)', path)
        self._path = path
        self._bag = PerProcess(BagFile, path)
        bag = self._bag.get()
        self._topics: Topics = choose(bag, image, depth, semantics, camera_info)
        self._camera = self._read_camera(bag)
        index = bag.index(self._topics.frames)
        if not index[self._topics.image]:
            raise DatasetError(f'{path}: no message on {self._topics.image}')
        image_places = index.pop(self._topics.image)
        frames = {i: {self._topics.image: place} for i, place in enumerate(image_places)}
        for topic, places in index.items():
            places.sort(key=lambda place: place.stamp)
            pairs = dict(matched([place.stamp for place in image_places],
                                 [place.stamp for place in places], round(within * 1e9)))
            frames = {i: {**frame, topic: places[pairs[i]]}
                      for i, frame in frames.items() if i in pairs}
        self._frames = list(frames.items())
        self.unmatched = len(image_places) - len(frames)
        if not frames:
            raise DatasetError(f'{path}: no image of {self._topics.image} has a message on '
                               f'{" and ".join(index)} within {within:g} s')

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        number, places = self._frames[index]
        stamp = places[self._topics.image].stamp
        parts = {topic: self._bag.get().read(topic, place) for topic, place in places.items()}
        image: Any = self._decoded(_colour, parts, self._topics.image, stamp)
        camera = self._camera
        if camera is not None and camera.size != image.shape[:2]:
            raise DatasetError(f'{self._path}: {self._topics.camera_info} is for {camera.size} '
                               f'and {self._topics.image} is {image.shape[:2]} (height, width)')
        depth = self._decoded(_depth, parts, self._topics.depth, stamp)
        if depth is not None and depth.shape != image.shape[:2]:
            raise DatasetError(f'{self._path}: {self._topics.depth} is {depth.shape} and '
                               f'{self._topics.image} {image.shape[:2]} (height, width): name '
                               'the registered depth topic, or depth=none')
        return Frame(image, depth, self._decoded(_semantics, parts, self._topics.semantics, stamp),
                     camera, name=f'{number:06d}-{stamp}')

    def _decoded(self, decoder: Any, parts: dict[str, Any], topic: str | None,
                 stamp: int) -> np.ndarray | None:
        if topic is None:
            return None
        try:
            return decoder(parts[topic])
        except DepthDistillError as error:
            raise DatasetError(f'{self._path}: {topic} at {stamp}: {error}') from None

    def _read_camera(self, bag: BagFile) -> Intrinsics | None:
        for message in islice(bag.messages(self._topics.camera_info), 1):
            try:
                return to_intrinsics(message)
            except DepthDistillError as error:
                raise DatasetError(
                    f'{self._path}: {self._topics.camera_info}: {error}') from None
        return None


def _colour(message: Any) -> np.ndarray:
    reader = images if hasattr(message, 'encoding') else compressed
    return reader.read_rgb(message)


def _depth(message: Any) -> np.ndarray:
    depth = images.read_depth(message)
    return np.where(valid(depth), depth, np.float32(np.nan))


def _semantics(message: Any) -> np.ndarray:
    ids = class_maps.class_ids(images.read_array(message), message.encoding)
    return np.ascontiguousarray(ids)
