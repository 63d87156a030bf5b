# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Choice of the topics of a bag: images, depth, classes and camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.encodings import compressed
from depth_distill_ros.encodings import image as images

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
TYPES = (IMAGE, COMPRESSED, CAMERA_INFO)
NONE = 'none'

_PIXELS = (IMAGE, COMPRESSED)
_TYPES_OF = {'image': _PIXELS, 'depth': _PIXELS, 'semantics': _PIXELS,
             'camera_info': (CAMERA_INFO,)}


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


def choose(types: dict[str, str], first: Callable[[str], Any], image: str | None,
           depth: str | None, semantics: str | None, camera_info: str | None,
           ) -> tuple[Topics, list[str]]:
    """
    Return the named topics, and the only ones of their kind for the others.

    The lines tell which topics could not be chosen, and what may be the wrong choice.

    Raw images are preferred to compressed ones, and colour to grey.

    Args:
        types: topic -> message type
        first: returns the first message of a topic that can be read; None if there is none
        image, depth, semantics, camera_info: topics; 'none': without that part
    Raises:
        DatasetError: a topic is not in the bag, or there are several to choose from.
    """
    named = {'image': image, 'depth': depth, 'semantics': semantics, 'camera_info': camera_info}
    for key, topic in named.items():
        if topic is not None and (topic != NONE or key == 'image'):
            _check(types, key, topic)
    kinds: dict[str, str] = {}
    remarks: list[str] = []
    if image is None or depth is None:
        messages = {topic: first(topic) for topic, kind in types.items()
                    if kind in _PIXELS and topic not in (image, depth, semantics)}
        kinds = {topic: _kind(message) for topic, message in messages.items()}
        remarks = [f'{topic} is not read: the encoding "{encoding}" is not one of colour, grey '
                   'or depth images' for topic, message in messages.items()
                   if not kinds[topic] and (encoding := getattr(message, 'encoding', ''))
                   and encoding not in images.PLAIN]
    if image is None:
        image = _only('image', kinds, ('colour', 'compressed colour', 'grey', 'compressed grey'))
        if image is None:
            raise DatasetError('; '.join(('bag: found no topic with colour images; its topics: '
                                          f'{_listed(types, types)}', *remarks)))
    if depth is None:
        depth = _only('depth', {topic: kind for topic, kind in kinds.items() if topic != image},
                      ('depth', 'compressed depth'))
    if camera_info is None:
        camera_info, told = _camera_info_of(image, types)
        remarks += told
    return Topics(image, *(None if topic == NONE else topic
                           for topic in (depth, semantics, camera_info))), remarks


def _check(types: dict[str, str], key: str, topic: str) -> None:
    found = types.get(topic)
    if found in _TYPES_OF[key]:
        return
    there = [name for name, kind in types.items() if kind in _TYPES_OF[key]]
    if found is None:
        raise DatasetError(f'bag: {key}={topic} is not such a topic of the bag; it has '
                           f'{_listed(there, types)}')
    cure = ''
    if key != 'camera_info' and 'transport' in found:
        cure = ('; play the bag, decode it with "ros2 run image_transport republish" and record '
                'the raw images')
    raise DatasetError(f'bag: {key}={topic} is not such a topic: it has messages of '
                       f'{found or "no type"}{cure}; topics of {" or ".join(_TYPES_OF[key])}: '
                       f'{_listed(there, types)}')


def _listed(topics: Any, types: dict[str, str]) -> str:
    return ', '.join(topic if types[topic] in TYPES else f'{topic} ({types[topic] or "no type"})'
                     for topic in sorted(topics)) or 'none'


def _kind(message: Any) -> str:
    """Return what the images of a topic are, by its first message; '' if that is unknown."""
    if message is None:
        return ''
    encoding = getattr(message, 'encoding', None)
    if encoding is None:
        return f'compressed {compressed.kind_of(message)}'
    for kind, encodings in (('colour', images.COLOUR), ('depth', images.DEPTH),
                            ('grey', images.GREY)):
        if encoding in encodings:
            return kind
    return ''


def _camera_info_of(image: str, types: dict[str, str]) -> tuple[str | None, list[str]]:
    """Return the camera_info next to the images, else the only one with a line about it."""
    infos = [topic for topic, kind in types.items() if kind == CAMERA_INFO]
    # Cameras publish /camera/image_raw, /camera/image_raw/compressed, /camera/camera_info.
    base = image.rpartition('/')[0]
    for folder in (base, base.rpartition('/')[0]) if types[image] == COMPRESSED else (base,):
        if f'{folder}/camera_info' in infos:
            return f'{folder}/camera_info', []
    if len(infos) == 1:
        return infos[0], [f'{image} has no camera_info beside it: {infos[0]} is taken; if that is '
                          'of another camera, give camera_info=none']
    return None, [f'{image} has no camera_info beside it and no intrinsics: name one with '
                  f'camera_info=TOPIC among {", ".join(sorted(infos))}'] if infos else []


def _only(key: str, kinds: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    """Return the only topic of the first kind that there is; None if there is none of them."""
    for kind in wanted:
        found = sorted(topic for topic, its in kinds.items() if its == kind)
        if len(found) > 1:
            raise DatasetError(f'bag: several topics could be the {key}; name one with {key}=... '
                               f'among {", ".join(found)}')
        if found:
            return found[0]
    return None
