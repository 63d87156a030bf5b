# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Depth images in RVL, as image_transport's compressedDepth writes them if its format is rvl.

The algorithm is that of Wilson, "Fast lossless depth image compression" (ISS 2017): runs of zeros
and of depths by turns, each depth as its difference to the last one, all numbers in groups of
three bits with a fourth that tells whether more follow.
"""

from __future__ import annotations

import struct

import numpy as np

_SIZE = struct.Struct('<II')  # columns and rows
_MOST_SIDE = 1 << 15
_MOST_PIXELS = 1 << 26
_MOST_GROUPS = 11  # of one number: 33 bits


def decode(data: bytes) -> np.ndarray:
    """Return the H×W uint16 image. Raises ValueError for damaged or truncated data."""
    if len(data) < _SIZE.size:
        raise ValueError('it is truncated')
    columns, rows = _SIZE.unpack_from(data)
    if not (0 < columns <= _MOST_SIDE and 0 < rows <= _MOST_SIDE
            and columns * rows <= _MOST_PIXELS):
        raise ValueError(f'its size is {rows}x{columns} (height x width)')
    numbers = _numbers(data[_SIZE.size:])
    pixels = np.zeros(rows * columns, np.int64)
    places, taken = [], []
    at = number = 0
    while at < len(pixels):
        if number + 1 >= len(numbers):
            raise ValueError('it is truncated')
        zeros, depths = int(numbers[number]), int(numbers[number + 1])
        number, at = number + 2, at + zeros
        if zeros + depths == 0 or at + depths > len(pixels) or number + depths > len(numbers):
            raise ValueError('it is truncated or damaged')
        places.append(slice(at, at + depths))
        taken.append(numbers[number:number + depths])
        number, at = number + depths, at + depths
    differences = np.concatenate(taken)
    depth = np.cumsum((differences >> 1) ^ -(differences & 1))
    start = 0
    for place in places:
        length = place.stop - place.start
        pixels[place] = depth[start:start + length]
        start += length
    if pixels.min() < 0 or pixels.max() > 0xFFFF:
        raise ValueError('it is damaged')
    return pixels.astype(np.uint16).reshape(rows, columns)


def _numbers(data: bytes) -> np.ndarray:
    """Return the numbers that the data hold."""
    words = np.frombuffer(data, '<u4', len(data) // 4)
    nibbles = (words[:, None] >> np.arange(28, -4, -4, dtype=np.uint32) & 15).ravel().astype(
        np.int64)
    ends = np.flatnonzero(nibbles < 8)
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    lengths = ends - starts + 1
    if len(lengths) and lengths.max() > _MOST_GROUPS:
        raise ValueError('it is damaged')
    nibbles = nibbles[:ends[-1] + 1] if len(ends) else nibbles[:0]
    group = np.arange(len(nibbles)) - np.repeat(starts, lengths)
    parts = (nibbles & 7) << (3 * group)
    return np.add.reduceat(parts, starts) if len(starts) else parts
