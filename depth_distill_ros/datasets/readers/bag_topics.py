# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Choice of the topics of a bag: images, depth, classes and camera."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.bag_file import BagFile
from depth_distill_ros.encodings import image as images

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'


@dataclass(frozen=True)
class Topics:
    """The topics to read; None: without that part."""

    image: str
    depth: str | None
    semantics: str | None
    camera_info: str | None

    @property
    def frames(self) -> list[str]:
        """The topics with one message for every frame."""
        return [topic for topic in (self.image, self.depth, self.semantics) if topic]


def choose(bag: BagFile, image: str | None, depth: str | None, semantics: str | None,
           camera_info: str | None) -> Topics:
    """
    Return the named topics, and the only ones of their kind for the others.

    Raises:
        DatasetError: a topic is not in the bag, or there are several to choose from.
    """
    named = {'image': (image, (IMAGE, COMPRESSED)), 'depth': (depth, (IMAGE,)),
             'semantics': (semantics, (IMAGE,)), 'camera_info': (camera_info, (CAMERA_INFO,))}
    for key, (topic, types) in named.items():
        if topic is not None and (key, topic) != ('depth', 'none') \
                and bag.types.get(topic) not in types:
            there = [name for name, kind in bag.types.items() if kind in types]
            raise DatasetError(f'bag: {key}={topic} is not such a topic of the bag; it has '
                               f'{", ".join(sorted(there)) or "none"}')
    encodings = {}
    if image is None or depth is None:
        encodings = _encodings(bag, exclude=semantics)
    if image is None:
        image = _only('image', [
            [topic for topic, encoding in encodings.items() if encoding in images.COLOUR],
            [topic for topic, kind in bag.types.items() if kind == COMPRESSED
             and 'depth' not in topic.lower()],
            [topic for topic, encoding in encodings.items() if encoding in images.GREY]])
        if image is None:
            raise DatasetError('bag: found no topic with colour images; its topics: '
                               f'{", ".join(sorted(bag.types)) or "none"}')
    if depth is None:
        depth = _only('depth', [
            [topic for topic, encoding in encodings.items() if encoding in images.DEPTH]])
    if camera_info is None:
        # Cameras publish /camera/image_raw, /camera/image_raw/compressed, /camera/camera_info.
        base = image.rpartition('/')[0] if bag.types[image] == COMPRESSED else image
        beside = f'{base.rpartition("/")[0]}/camera_info'
        infos = [topic for topic, kind in bag.types.items() if kind == CAMERA_INFO]
        camera_info = beside if beside in infos else infos[0] if len(infos) == 1 else None
    return Topics(image, None if depth == 'none' else depth, semantics, camera_info)


def _encodings(bag: BagFile, exclude: str | None) -> dict[str, str]:
    """Return topic -> encoding of the first message, of all Image topics with messages."""
    return {topic: message.encoding for topic, kind in bag.types.items()
            if kind == IMAGE and topic != exclude for message in islice(bag.messages(topic), 1)}


def _only(key: str, choices: list[list[str]]) -> str | None:
    """Return the only topic of the first non-empty list; None if all are empty."""
    found = next((topics for topics in choices if topics), [])
    if len(found) > 1:
        raise DatasetError(f'bag: several topics could be the {key}; name one with {key}=... '
                           f'among {", ".join(sorted(found))}')
    return found[0] if found else None
