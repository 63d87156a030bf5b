# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""From a simulator's semantic picture to class ids."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.classes import NYU13

LABELS_MAP = 'rgb8'
_DTYPES = {
    'mono8': np.uint8, '8UC1': np.uint8, 'mono16': np.uint16, '16UC1': np.uint16,
    '32SC1': np.int32,
}
SUPPORTED = (*_DTYPES, LABELS_MAP)
# Gazebo counts the instances of a class with red + 256 green. Colours are random: nearly all of
# them have more green than so many instances would give.
_MOST_GREEN = 16
# Ids up to here are looked up at once, rarer ones one by one.
_SPAN = 1 << 16
_FOREIGN = 255
_MOST_FOREIGN = 64


class SemanticsError(DepthDistillError):
    """A semantic picture that does not hold ids of classes."""


def label_ids(array: np.ndarray, encoding: str) -> np.ndarray:
    """
    Return the simulator's ids that a semantic picture holds.

    Parameters
    ----------
    array : H x W of the encoding's type; for rgb8, Gazebo's labels_map, H x W x 3
    encoding : the ROS image encoding, one of SUPPORTED

    Returns
    -------
    H x W integers that share memory with ``array``. Of a labels_map they are its blue: there
    red, green and blue are the label in a semantic one, and in a panoptic one red and green
    count the instances of the label.

    Raises
    ------
    SemanticsError : an encoding that is not supported, or a picture in colours.

    """
    if encoding not in SUPPORTED:
        raise SemanticsError(
            f"semantics with encoding '{encoding}': supported are {', '.join(_DTYPES)} with ids, "
            f"and {LABELS_MAP} as Gazebo's labels_map")
    coloured = encoding == LABELS_MAP
    dtype = np.uint8 if coloured else _DTYPES[encoding]
    shape = 'H x W x 3' if coloured else 'H x W'
    if array.dtype != dtype or array.ndim != 2 + coloured or coloured and array.shape[2] != 3:
        raise SemanticsError(
            f"semantics with encoding '{encoding}': found {array.dtype} of shape {array.shape}, "
            f'expected {shape} {np.dtype(dtype)}')
    if not coloured:
        return array
    red, green, blue = (array[..., channel] for channel in range(3))
    if (green >= _MOST_GREEN).any() and not ((red == blue) & (green == blue)).all():
        raise SemanticsError(
            f"semantics with encoding '{encoding}' are in colours, which name no classes: take "
            "Gazebo's labels_map instead of its colored_map, or a topic with ids")
    return blue


def decode(array: np.ndarray, encoding: str) -> np.ndarray:
    """
    Return the class map of a picture in which the ids are those of NYU13 already.

    Parameters
    ----------
    array, encoding : as for ``label_ids``

    Returns
    -------
    H x W uint8, ids of NYU13, 0 unknown; it may share memory with ``array``

    Raises
    ------
    SemanticsError : as for ``label_ids``, and for a value that is no class id.

    """
    ids = label_ids(array, encoding)
    foreign = np.unique(ids[(ids < 0) | (ids >= len(NYU13))])
    if foreign.size:
        shown = ', '.join(str(v) for v in foreign[:5]) + (', ...' if len(foreign) > 5 else '')
        raise SemanticsError(
            f"semantics with encoding '{encoding}' hold the values {shown}; the class ids are "
            f'0..{len(NYU13) - 1} (is this a coloured or an instance picture?)')
    return ids.astype(np.uint8, copy=False)


def to_classes(
        ids: np.ndarray, classes: Mapping[int, int], other: int) -> tuple[np.ndarray, list[int]]:
    """
    Return the classes of ids, and the ids that have none.

    Parameters
    ----------
    ids : H x W integers
    classes : the class (an id of NYU13) of each known id
    other : the class of all others

    Returns
    -------
    H x W uint8, ids of NYU13; the ids that ``classes`` lacks, ascending

    Raises
    ------
    SemanticsError : more strange ids than a picture has classes.

    """
    table = np.full(_SPAN + 1, _FOREIGN, np.uint8)
    for number, label in classes.items():
        if 0 <= number < _SPAN:
            table[number] = label
    indices = ids
    if ids.dtype.itemsize > 2:
        indices = np.where((ids < 0) | (ids >= _SPAN), _SPAN, ids)
    found = np.take(table, indices)
    rest = found == _FOREIGN
    if not rest.any():
        return found, []
    strange = np.unique(ids[rest]).tolist()
    found[rest] = other
    for number in [n for n in strange if n in classes]:
        found[ids == number] = classes[number]
        strange.remove(number)
    if len(strange) > _MOST_FOREIGN:
        raise SemanticsError(
            f'semantics hold {len(strange)} ids that the class table lacks, such as '
            f'{", ".join(map(str, strange[:5]))}: is this an instance picture?')
    return found, strange
