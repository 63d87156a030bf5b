# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Pixels of a CompressedImage, as image_transport's plugins write it.

``format`` is 'jpeg' or 'png', or the encoding of the image followed by the compression:
'rgb8; jpeg compressed bgr8', '16UC1; png compressed ', '32FC1; compressedDepth png'.
"""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np

from depth_distill_ros.encodings import integrity, rvl
from depth_distill_ros.encodings.image import DEPTH, GREY, ImageError, demosaiced, is_mosaic
from depth_distill_ros.files import lfs_cure
from depth_distill_ros.geometry.depth import millimetres_to_metres

_CURE = ': copy or send it again'
_VIDEO = ('h264', 'h265', 'hevc', 'vp8', 'vp9', 'av1', 'theora')
_MOST_PIXELS = 1 << 26  # what a damaged header may make a decoder allocate
# compressedDepth's header before the PNG: format, and the two parameters of inverse depth.
_DEPTH_HEADER = struct.Struct('<iff')
_INVERSE_DEPTH = 0
# A third larger than with the default strategy, in a seventh of its time.
_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
_QUANTISATION, _FARTHEST = 100.0, 65.0  # of inverse depth; the second in metres


def decode(data: bytes, flags: int, culprit: object) -> np.ndarray:
    """
    Return a JPEG or PNG as cv2 reads it.

    Raises:
        ImageError: it is damaged, truncated, too large or no image; the text names ``culprit``.
    """
    problem, parts = '', None
    if data.startswith(integrity.PNG):
        size, problem = integrity.png_header(data)[0], integrity.png_problem(data)
    elif data.startswith(integrity.JPEG):
        parts = integrity.jpeg_parts(data)
        size = parts.size
        data += b'' if parts.ended else b'\xff\xd9'
    else:
        size = (0, 0)
    if size[0] * size[1] > _MOST_PIXELS:
        problem = f'of {size[0]}x{size[1]} pixels (height x width), more than {_MOST_PIXELS:,}'
    if problem:
        raise ImageError(f'{culprit} is {problem}{_CURE}')
    pixels = _imdecode(data, flags)
    if pixels is not None and (parts is None or integrity.jpeg_is_whole(
            data, parts, pixels, lambda other: _imdecode(other, flags))):
        return pixels
    if parts is not None and not parts.ended:
        raise ImageError(f'{culprit} is truncated after {len(data) - 2} bytes{_CURE}')
    if pixels is not None:
        raise ImageError(f'{culprit} is damaged (a part of the image is missing){_CURE}')
    raise ImageError(f'{culprit} is damaged or no image ({len(data)} bytes){lfs_cure(data)}')


def read_rgb(message: Any) -> np.ndarray:
    """Return H×W×3 uint8 RGB of a colour or grey image. Raises ImageError for depth."""
    before, culprit = _before(message), _culprit(message)
    data = _data(message)
    if is_mosaic(before):
        pixels = decode(data, cv2.IMREAD_UNCHANGED, culprit)
        if pixels.ndim == 2:
            return demosaiced(pixels, before)
    elif kind_of(message) == 'depth':
        raise ImageError(f'{culprit} holds depth, not a colour image')
    pixels = decode(data, cv2.IMREAD_COLOR, culprit)
    # The name after "compressed" is the order of the channels that the encoder was given, whose
    # own order is BGR. image_transport's subscriber, too, leaves the channels of 'rgb8' in place.
    if 'compressed rgb' in message.format:
        return pixels
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def read_depth(message: Any) -> np.ndarray:
    """
    Return H×W float32 metres, NaN invalid.

    It reads compressedDepth (PNG or RVL), PNG of 16 bits in millimetres, and TIFF in metres.
    """
    culprit, data = _culprit(message), _data(message)
    header = None
    if 'compressedDepth' in message.format:
        if len(data) < _DEPTH_HEADER.size:
            raise ImageError(f'{culprit} of {len(data)} bytes is truncated')
        header, data = _DEPTH_HEADER.unpack_from(data), data[_DEPTH_HEADER.size:]
    if header and 'rvl' in message.format.lower():
        try:
            pixels = rvl.decode(data)
        except ValueError as error:
            raise ImageError(f'{culprit} cannot be read: {error}') from None
    else:
        pixels = decode(data, cv2.IMREAD_UNCHANGED, culprit)
    if pixels.ndim == 2 and pixels.dtype == np.float32:
        return pixels
    if pixels.ndim != 2 or pixels.dtype != np.uint16:
        raise ImageError(f'{culprit} holds {pixels.dtype} of shape {pixels.shape}; depth has one '
                         'channel of 16 bits: record it as compressedDepth, or as a PNG')
    if header is None or _before(message) != '32FC1':
        return millimetres_to_metres(pixels)
    scale, offset = header[1:]
    stored = np.where(pixels == 0, np.nan, pixels).astype(np.float32)
    # A value at the offset would be an infinite depth, which only a damaged file has.
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
        metres = np.float32(scale) / (stored - np.float32(offset))
    return np.where(np.isfinite(metres) & (metres > 0), metres, np.float32(np.nan))


def write_depth(pixels: np.ndarray, encoding: str) -> tuple[str, bytes]:
    """
    Return format and data of a compressedDepth image, as image_transport's plugin reads it.

    Metres are stored as inverse depth in 16 bits (steps of 2.5 mm at 5 m, 1 cm at 10 m), up to
    65 m; NaN, infinities and what is farther become 0, invalid. Millimetres stay as they are.

    Args:
        pixels: H×W float32 metres (32FC1) or uint16 millimetres (16UC1)
    """
    scale = offset = 0.0
    if encoding == '32FC1':
        scale = _QUANTISATION * (_QUANTISATION + 1.0)
        offset = 1.0 - scale / _FARTHEST
        with np.errstate(divide='ignore', invalid='ignore'):
            stored = np.float32(scale) / pixels + np.float32(offset)
            # the plugin cuts fractions off, too
            kept = (pixels > 0) & (stored >= 1.0)
            pixels = np.where(kept, np.minimum(stored, 65535.0), 0.0).astype(np.uint16)
    data = cv2.imencode('.png', pixels, _FAST)[1].tobytes()
    header = _DEPTH_HEADER.pack(_INVERSE_DEPTH, scale, offset)
    return f'{encoding}; compressedDepth png', header + data


def read_labels(message: Any) -> tuple[np.ndarray, str]:
    """Return the pixels of a label image and their encoding. Raises ImageError for a JPEG."""
    culprit, data = _culprit(message), _data(message)
    if data.startswith(integrity.JPEG):
        raise ImageError(f'{culprit} is a JPEG, which changes class ids: record them as a PNG or '
                         'raw')
    pixels = decode(data, cv2.IMREAD_UNCHANGED, culprit)
    encoding = {(2, 'uint8'): 'mono8', (2, 'uint16'): 'mono16', (3, 'uint8'): 'rgb8'}.get(
        (pixels.ndim, pixels.dtype.name))
    if encoding is None or pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ImageError(f'{culprit} holds {pixels.dtype} of shape {pixels.shape}, not class ids')
    return (pixels[..., ::-1], encoding) if pixels.ndim == 3 else (pixels, encoding)


def kind_of(message: Any) -> str:
    """Return whether an image is 'colour', 'grey' or 'depth', by its format and its header."""
    before, start = _before(message), bytes(message.data[:64])
    if 'compressedDepth' in message.format or before in DEPTH:
        return 'depth'
    bits, colour = 8, 2
    if start.startswith(integrity.PNG):
        _, bits, colour = integrity.png_header(start)
    if (bits, colour) == (16, 0) and not is_mosaic(before):
        return 'depth'
    return 'grey' if before in GREY or colour == 0 and not is_mosaic(before) else 'colour'


def _before(message: Any) -> str:
    """Return the encoding before compression, '' if the format does not name it."""
    before, separator, _ = message.format.partition(';')
    return before.strip() if separator else ''


def _culprit(message: Any) -> str:
    return f'compressed image "{message.format}"'


def _data(message: Any) -> bytes:
    name = message.format.lower()
    if codec := next((codec for codec in _VIDEO if codec in name), ''):
        raise ImageError(f'{_culprit(message)} is a piece of a video ({codec}), and no image of '
                         'its own: decode the video, and take the raw images')
    return bytes(message.data)


def _imdecode(data: bytes, flags: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(
            np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # an empty buffer, or a header with a larger size
        return None
