# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""From a simulator's semantic picture to class ids."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.classes import NYU13

_DTYPES = {
    'mono8': np.uint8, '8UC1': np.uint8, 'mono16': np.uint16, '16UC1': np.uint16,
    '32SC1': np.int32,
}
SUPPORTED = tuple(_DTYPES)


class SemanticsError(DepthDistillError):
    """A semantic picture that does not hold class ids."""


def decode(array: np.ndarray, encoding: str) -> np.ndarray:
    """
    Return the class map of a semantic picture whose values are class ids.

    Parameters
    ----------
    array : H x W, of the encoding's type
    encoding : the ROS image encoding, one of SUPPORTED

    Returns
    -------
    H x W uint8, ids of NYU13, 0 unknown; it may share memory with ``array``

    Raises
    ------
    SemanticsError : an encoding that is not supported, or a value that is no class id.

    """
    if encoding not in _DTYPES:
        raise SemanticsError(
            f"semantics with encoding '{encoding}': supported are {', '.join(SUPPORTED)} with the "
            f'class ids 0..{len(NYU13) - 1}')
    if array.ndim != 2 or array.dtype != _DTYPES[encoding]:
        raise SemanticsError(
            f"semantics with encoding '{encoding}': found {array.dtype} of shape {array.shape}, "
            f'expected H x W {np.dtype(_DTYPES[encoding])}')
    if array.size and (array.max() >= len(NYU13) or array.min() < 0):
        foreign = np.unique(array[(array < 0) | (array >= len(NYU13))])
        shown = ', '.join(str(v) for v in foreign[:5]) + (', ...' if len(foreign) > 5 else '')
        raise SemanticsError(
            f"semantics with encoding '{encoding}' hold the values {shown}; the class ids are "
            f'0..{len(NYU13) - 1} (is this a coloured or an instance picture?)')
    return array.astype(np.uint8, copy=False)
