# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
CompressedImage, as image_transport's plugins write it.

``format`` is 'jpeg' or 'png' alone, or what the picture was before and how it was stored:
'rgb8; jpeg compressed bgr8', '16UC1; png compressed ', '32FC1; compressedDepth png'.
"""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np

from depth_distill_ros.encodings.image import ImageError, demosaiced, is_mosaic
from depth_distill_ros.geometry.depth import millimetres_to_metres

# Decoders fill what is missing of a cut-off file with grey; the mark at the end tells.
_END = {b'\xff\xd8': b'\xff\xd9', b'\x89PNG': b'IEND'}
_TAIL = 4096
# compressedDepth puts before the PNG: kind, and the two numbers of its inverse depth.
_DEPTH_HEADER = struct.Struct('<iff')


def decode(data: bytes, flags: int, culprit: object) -> np.ndarray:
    """Return a JPEG or PNG as cv2 reads it; ImageError naming ``culprit`` if it is damaged."""
    for start, end in _END.items():
        if data.startswith(start) and end not in data[-_TAIL:]:
            raise ImageError(f'{culprit} is cut off after {len(data)} bytes: copy it anew')
    try:
        pixels = cv2.imdecode(
            np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # an empty buffer, or a header that promises too much
        pixels = None
    if pixels is None:
        raise ImageError(f'{culprit} is damaged or no picture ({len(data)} bytes)')
    return pixels


def read_rgb(message: Any) -> np.ndarray:
    """Return H×W×3 uint8 RGB of a colour or grey picture; ImageError if it is none."""
    before, culprit = _before(message), _culprit(message)
    data = bytes(message.data)
    if is_mosaic(before):
        pixels = decode(data, cv2.IMREAD_UNCHANGED, culprit)
        if pixels.ndim == 2:
            return demosaiced(pixels, before)
    if before in ('16UC1', '32FC1', 'mono16'):
        raise ImageError(f'{culprit} holds depth and no colour picture')
    return cv2.cvtColor(decode(data, cv2.IMREAD_COLOR, culprit), cv2.COLOR_BGR2RGB)


def read_depth(message: Any) -> np.ndarray:
    """Return H×W float32 metres, NaN invalid, of a 16-bit PNG or of compressedDepth."""
    culprit, data = _culprit(message), bytes(message.data)
    header = None
    if 'compressedDepth' in message.format:
        if len(data) < _DEPTH_HEADER.size or message.format.rstrip().endswith('rvl'):
            raise ImageError(f'{culprit} of {len(data)} bytes is no compressedDepth in png: set '
                             "the publisher's compressedDepth.format to png")
        header, data = _DEPTH_HEADER.unpack_from(data), data[_DEPTH_HEADER.size:]
    pixels = decode(data, cv2.IMREAD_UNCHANGED, culprit)
    if pixels.ndim != 2 or pixels.dtype != np.uint16:
        raise ImageError(f'{culprit} holds {pixels.dtype} of shape {pixels.shape} and no depth: '
                         'expected one channel of 16 bits')
    if header is None or _before(message) != '32FC1':
        return millimetres_to_metres(pixels)
    scale, offset = header[1:]
    stored = np.where(pixels == 0, np.nan, pixels).astype(np.float32)
    # Its inverse depths are no finer than one step, so none lies on the offset but by damage.
    with np.errstate(divide='ignore', invalid='ignore'):
        metres = np.float32(scale) / (stored - np.float32(offset))
    return np.where(np.isfinite(metres) & (metres > 0), metres, np.float32(np.nan))


def _before(message: Any) -> str:
    """Return the encoding before compression, '' where the format does not tell."""
    before, separator, _ = message.format.partition(';')
    return before.strip() if separator else ''


def _culprit(message: Any) -> str:
    return f'compressed image "{message.format}"'
