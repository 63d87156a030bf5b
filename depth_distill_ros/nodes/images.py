# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
sensor_msgs/Image to numpy and back.

Reading costs no copy and honours row padding (``step``) and byte order (``is_bigendian``);
encodings outside the table go through cv_bridge where it is installed.
"""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import Image

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.depth import millimetres_to_metres

_LAYOUT = {  # encoding: (type of one value, values per pixel)
    'rgb8': (np.uint8, 3), 'bgr8': (np.uint8, 3), 'rgba8': (np.uint8, 4), 'bgra8': (np.uint8, 4),
    'mono8': (np.uint8, 1), '8UC1': (np.uint8, 1), 'mono16': (np.uint16, 1),
    '16UC1': (np.uint16, 1), '32SC1': (np.int32, 1), '32FC1': (np.float32, 1),
}
_TO_RGB = {'rgb8': slice(None), 'bgr8': slice(None, None, -1), 'rgba8': slice(3),
           'bgra8': slice(2, None, -1)}
_MAX_SIDE = 1 << 15


class ImageError(DepthDistillError):
    """An image message that cannot be read; the line gives the encoding and the sizes."""


def read_array(message: Image) -> np.ndarray:
    """
    Return the pixels as they were sent: H×W, or H×W×channels.

    The array reads the message's own memory unless the byte order has to be turned.

    Raises
    ------
    ImageError : unknown encoding, impossible sizes, or less data than the sizes announce.

    """
    layout = _LAYOUT.get(message.encoding)
    if layout is None:
        return _through_cv_bridge(message, 'passthrough')
    dtype, channels = np.dtype(layout[0]), layout[1]
    height, width, step = message.height, message.width, message.step
    row = width * channels * dtype.itemsize
    if not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        raise ImageError(f'image of {height}x{width} pixels (height x width): no such image')
    if step < row:
        raise ImageError(f'image {message.encoding} {height}x{width}: step is {step} bytes, a row '
                         f'needs {row}: the publisher fills the message wrongly')
    needed = step * (height - 1) + row
    if len(message.data) < needed:
        raise ImageError(f'image {message.encoding} {height}x{width} is truncated: expected '
                         f'{needed} bytes, got {len(message.data)}')
    sent = dtype.newbyteorder('>' if message.is_bigendian else '<')
    shape, strides = (height, width), (step, dtype.itemsize * channels)
    if channels > 1:
        shape, strides = (*shape, channels), (*strides, dtype.itemsize)
    pixels = np.ndarray(shape, sent, buffer=message.data, strides=strides)
    return pixels.astype(dtype, copy=False)


def read_rgb(message: Image) -> np.ndarray:
    """Return H×W×3 uint8 RGB, whatever 8-bit colour or grey encoding was sent."""
    if message.encoding in _TO_RGB:
        return np.ascontiguousarray(read_array(message)[..., _TO_RGB[message.encoding]])
    if message.encoding in ('mono8', '8UC1'):
        return np.repeat(read_array(message)[..., None], 3, axis=2)
    if message.encoding in _LAYOUT:
        raise ImageError(f'image {message.encoding} is no colour picture: expected rgb8, bgr8, '
                         'rgba8, bgra8 or mono8')
    return _through_cv_bridge(message, 'rgb8')


def read_depth(message: Image) -> np.ndarray:
    """Return H×W float32 metres, NaN where invalid, from 32FC1 (m) or 16UC1/mono16 (mm)."""
    if message.encoding == '32FC1':
        return read_array(message)
    if message.encoding in ('16UC1', 'mono16'):
        return millimetres_to_metres(read_array(message))
    raise ImageError(f'image {message.encoding} is no depth: expected 32FC1 (metres) or 16UC1 '
                     '(millimetres)')


def from_array(pixels: np.ndarray, encoding: str, stamp: Time, frame_id: str) -> Image:
    """
    Return a fresh message with the pixels of an H×W or H×W×channels array.

    ``frombytes`` on the message's own array is the one way that costs a single copy.
    """
    message = Image()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.height, message.width = pixels.shape[:2]
    message.encoding = encoding
    message.step = pixels.itemsize * (pixels.size // pixels.shape[0])
    message.data.frombytes(memoryview(np.ascontiguousarray(pixels)).cast('B'))
    return message


def stamp_ns(message) -> int:
    """Return the stamp of any message with a header, nanoseconds."""
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def time_message(stamp: int) -> Time:
    """Return nanoseconds as a message."""
    return Time(sec=stamp // 1_000_000_000, nanosec=stamp % 1_000_000_000)


def _through_cv_bridge(message: Image, encoding: str) -> np.ndarray:
    known = ', '.join(_LAYOUT)
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError:
        raise ImageError(f'image encoding "{message.encoding}" is not one of {known}; install '
                         'cv_bridge for others') from None
    try:
        return CvBridge().imgmsg_to_cv2(message, encoding)
    except (CvBridgeError, ValueError, KeyError, TypeError, IndexError) as error:
        reason = ' '.join(str(error).split())
        raise ImageError(f'image encoding "{message.encoding}" is not one of {known} and '
                         f'cv_bridge cannot read it either: {reason}') from None
