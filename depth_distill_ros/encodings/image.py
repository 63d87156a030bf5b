# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Pixels of an Image message: as sent, as RGB, as metres.

Row padding (``step``) and byte order (``is_bigendian``) are respected. Plain encodings are read
without a copy; OpenCV converts Bayer mosaics and YUV.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.depth import millimetres_to_metres

_LAYOUT: dict[str, tuple[type, int]] = {  # encoding: (type, channels)
    'rgb8': (np.uint8, 3), 'bgr8': (np.uint8, 3), 'rgba8': (np.uint8, 4), 'bgra8': (np.uint8, 4),
    'mono8': (np.uint8, 1), '8UC1': (np.uint8, 1), 'mono16': (np.uint16, 1),
    '16UC1': (np.uint16, 1), '32SC1': (np.int32, 1), '32FC1': (np.float32, 1),
}
# cv2.cvtColor is ten times faster than slicing in numpy.
_TO_RGB = {'rgb8': None, 'bgr8': cv2.COLOR_BGR2RGB, 'rgba8': cv2.COLOR_RGBA2RGB,
           'bgra8': cv2.COLOR_BGRA2RGB, 'mono8': cv2.COLOR_GRAY2RGB, '8UC1': cv2.COLOR_GRAY2RGB}
# ROS and these constants of OpenCV name a mosaic by its top left 2x2 block. OpenCV's older ones
# (BayerBG for the same mosaic) use the block one pixel further down and right.
_BAYER = {
    f'bayer_{order.lower()}{bits}': (dtype, getattr(cv2, f'COLOR_Bayer{order}2RGB'))
    for order in ('RGGB', 'BGGR', 'GBRG', 'GRBG')
    for bits, dtype in ((8, np.uint8), (16, np.uint16))}
_YUV422 = {'yuv422': cv2.COLOR_YUV2RGB_UYVY, 'uyvy': cv2.COLOR_YUV2RGB_UYVY,
           'yuv422_yuy2': cv2.COLOR_YUV2RGB_YUY2, 'yuyv': cv2.COLOR_YUV2RGB_YUY2}
_YUV420 = {'nv12': cv2.COLOR_YUV2RGB_NV12, 'nv21': cv2.COLOR_YUV2RGB_NV21}
_DEEP = {'rgb16': 'rgb8', 'bgr16': 'bgr8', 'rgba16': 'rgba8', 'bgra16': 'bgra8'}
_MAX_SIDE = 1 << 15

GREY = ('mono8', '8UC1')
COLOUR = ('rgb8', 'bgr8', 'rgba8', 'bgra8', *_DEEP, *_BAYER, *_YUV422, *_YUV420)
DEPTH = ('32FC1', '16UC1', 'mono16')
PLAIN = tuple(_LAYOUT)


class ImageError(DepthDistillError):
    """An image message that cannot be read; the text gives the encoding and the sizes."""


class UnknownEncodingError(ImageError):
    """An encoding that is not supported."""


def stamp_ns(message: Any) -> int:
    """Return the stamp of a message with a header, nanoseconds."""
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def read_array(message: Any) -> np.ndarray:
    """
    Return the pixels as they were sent: H×W, or H×W×channels.

    The array shares the message's memory unless the byte order is swapped.

    Raises:
        ImageError: unknown encoding, impossible sizes, or less data than the sizes need.
    """
    if message.encoding not in _LAYOUT:
        raise UnknownEncodingError(
            f'image encoding "{message.encoding}" is not one of {", ".join(PLAIN)}')
    return _pixels(message, *_LAYOUT[message.encoding], message.height)


def read_rgb(message: Any) -> np.ndarray:
    """
    Return H×W×3 uint8 RGB of any colour or grey encoding.

    16 bits are reduced to their upper 8. Raises ImageError as ``read_array`` does.
    """
    encoding = message.encoding
    if encoding in _TO_RGB:
        pixels, code = np.ascontiguousarray(read_array(message)), _TO_RGB[encoding]
        return pixels if code is None else cv2.cvtColor(pixels, code)
    if encoding in _DEEP:
        channels, code = _LAYOUT[_DEEP[encoding]][1], _TO_RGB[_DEEP[encoding]]
        pixels = (_pixels(message, np.uint16, channels, message.height) >> 8).astype(np.uint8)
        return pixels if code is None else cv2.cvtColor(pixels, code)
    if encoding in _BAYER:
        return demosaiced(_pixels(message, _BAYER[encoding][0], 1, message.height), encoding)
    if encoding in _YUV422:
        _check_even(message, message.width)
        pixels = _pixels(message, np.uint8, 2, message.height)
        return cv2.cvtColor(np.ascontiguousarray(pixels), _YUV422[encoding])
    if encoding in _YUV420:
        _check_even(message, message.width, message.height)
        # The chroma plane follows below the luma plane, half as high.
        planes = _pixels(message, np.uint8, 1, message.height * 3 // 2)
        return cv2.cvtColor(np.ascontiguousarray(planes), _YUV420[encoding])
    if encoding in _LAYOUT:
        raise ImageError(f'image {encoding} is not a colour image: expected one of '
                         f'{", ".join((*COLOUR, *GREY))}')
    raise UnknownEncodingError(
        f'image encoding "{encoding}" is not one of {", ".join((*COLOUR, *GREY))}')


def read_depth(message: Any) -> np.ndarray:
    """Return H×W float32 metres from 32FC1 (m, as sent) or 16UC1/mono16 (mm, 0 is NaN)."""
    if message.encoding == '32FC1':
        return read_array(message)
    if message.encoding in DEPTH:
        return millimetres_to_metres(read_array(message))
    raise ImageError(f'image {message.encoding} is not depth: expected 32FC1 (metres) or 16UC1 '
                     '(millimetres)')


def is_mosaic(encoding: str) -> bool:
    """Return whether the encoding is a Bayer mosaic."""
    return encoding in _BAYER


def demosaiced(mosaic: np.ndarray, encoding: str) -> np.ndarray:
    """Return H×W×3 uint8 RGB of an H×W mosaic of 8 or 16 bits."""
    if mosaic.dtype not in (np.uint8, np.uint16):
        raise ImageError(f'image {encoding} holds {mosaic.dtype}: a mosaic has 8 or 16 bits')
    if min(mosaic.shape) < 2:
        raise ImageError(f'image {encoding} {mosaic.shape[0]}x{mosaic.shape[1]}: a mosaic has at '
                         'least 2x2 pixels')
    colour = np.asarray(cv2.cvtColor(np.ascontiguousarray(mosaic), _BAYER[encoding][1]))
    return colour if colour.dtype == np.uint8 else (colour // 256).astype(np.uint8)


def _pixels(message: Any, value: type, channels: int, rows: int) -> np.ndarray:
    """Return the first ``rows`` rows of the message's data as sent."""
    dtype = np.dtype(value)
    height, width, step = message.height, message.width, message.step
    row = width * channels * dtype.itemsize
    if not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        raise ImageError(f'image of {height}x{width} pixels (height x width) does not exist')
    if step < row:
        raise ImageError(f'image {message.encoding} {height}x{width}: step is {step} bytes, a row '
                         f'needs {row}: the publisher sets the message wrongly')
    needed = step * (rows - 1) + row
    if len(message.data) < needed:
        raise ImageError(f'image {message.encoding} {height}x{width} is truncated: expected '
                         f'{needed} bytes, got {len(message.data)}')
    sent = dtype.newbyteorder('>' if message.is_bigendian else '<')
    pixels = np.ndarray((rows, width, channels), sent, buffer=message.data,
                        strides=(step, dtype.itemsize * channels, dtype.itemsize))
    return (pixels if channels > 1 else pixels[..., 0]).astype(dtype, copy=False)


def _check_even(message: Any, *sides: int) -> None:
    if any(side % 2 for side in sides):
        raise ImageError(f'image {message.encoding} {message.height}x{message.width}: its chroma '
                         'has half the size, so the sides must be even')
