# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Class ids from a simulator's semantic images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.classes import NYU13

LABELS_MAP = 'rgb8'
_IDS = ('mono8', '8UC1', 'mono16', '16UC1', '32SC1')
SUPPORTED = (*_IDS, LABELS_MAP)
# Gazebo numbers the instances of a class with red + 256 green. A colored_map has random colours,
# nearly all of which have more green than any number of instances needs.
_MOST_GREEN = 16
# Ids below this use a lookup table; larger ones, which are rare, are replaced one by one.
_TABLE_SIZE = 1 << 16
_UNKNOWN = 255
_MOST_UNKNOWN = 64  # more unknown ids than an image has classes


class SemanticsError(DepthDistillError):
    """A semantic image that does not hold ids of classes."""


def label_ids(array: np.ndarray, encoding: str) -> np.ndarray:
    """
    Return the simulator's ids in a semantic image.

    Args:
        array: H x W of the encoding's type; for rgb8, Gazebo's labels_map, H x W x 3
        encoding: the ROS image encoding, one of SUPPORTED
    Returns:
        H x W integers that share memory with ``array``. In a labels_map they are the blue channel:
        a semantic one has the label in all channels, a panoptic one the number of the instance in
        red and green.
    Raises:
        SemanticsError: an encoding that is not supported, or an image of colours
    """
    if encoding not in SUPPORTED:
        raise SemanticsError(
            f"semantics with encoding '{encoding}': supported are {', '.join(_IDS)} with ids, "
            f"and {LABELS_MAP} as Gazebo's labels_map")
    if encoding != LABELS_MAP:
        return array
    red, green, blue = (array[..., channel] for channel in range(3))
    if (green >= _MOST_GREEN).any() and not ((red == blue) & (green == blue)).all():
        raise SemanticsError(
            f"semantics with encoding '{encoding}' are in colours, which are no class ids: use "
            "Gazebo's labels_map instead of its colored_map, or a topic with ids")
    return blue


def class_ids(array: np.ndarray, encoding: str) -> np.ndarray:
    """
    Return the class map of an image whose ids are those of NYU13.

    Args:
        array, encoding: as for ``label_ids``
    Returns:
        H x W uint8, ids of NYU13, 0 unknown; it may share memory with ``array``
    Raises:
        SemanticsError: as for ``label_ids``, and for a value that is not a class id
    """
    ids = label_ids(array, encoding)
    unknown = np.unique(ids[(ids < 0) | (ids >= len(NYU13))])
    if unknown.size:
        shown = ', '.join(str(v) for v in unknown[:5]) + (', ...' if len(unknown) > 5 else '')
        raise SemanticsError(
            f"semantics with encoding '{encoding}' hold the values {shown}; the class ids are "
            f'0..{len(NYU13) - 1} (is this a coloured or an instance image?)')
    return ids.astype(np.uint8, copy=False)


def to_classes(
        ids: np.ndarray, classes: Mapping[int, int], other: int) -> tuple[np.ndarray, list[int]]:
    """
    Return the classes of ids, and the ids that have no class.

    Args:
        ids: H x W integers
        classes: id of NYU13 by known id
        other: id of NYU13 for all other ids
    Returns:
        H x W uint8, ids of NYU13; the ids that are not in ``classes``, ascending
    Raises:
        SemanticsError: more unknown ids than an image has classes
    """
    table = np.full(_TABLE_SIZE + 1, _UNKNOWN, np.uint8)
    for number, label in classes.items():
        if 0 <= number < _TABLE_SIZE:
            table[number] = label
    indices = ids
    if ids.dtype.itemsize > 2:
        indices = np.where((ids < 0) | (ids >= _TABLE_SIZE), _TABLE_SIZE, ids)
    found = np.take(table, indices)
    rest = found == _UNKNOWN
    if not rest.any():
        return found, []
    unknown = np.unique(ids[rest]).tolist()
    found[rest] = other
    for number in [n for n in unknown if n in classes]:
        found[ids == number] = classes[number]
        unknown.remove(number)
    if len(unknown) > _MOST_UNKNOWN:
        raise SemanticsError(
            f'semantics hold {len(unknown)} ids that the class table lacks, such as '
            f'{", ".join(map(str, unknown[:5]))}: is this an instance image?')
    return found, unknown
