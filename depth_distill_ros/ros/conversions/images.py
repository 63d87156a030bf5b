# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
sensor_msgs/Image and CompressedImage to numpy and back.

What the package reads by itself is in ``messages``; other encodings go through cv_bridge where
it is installed.
"""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from depth_distill_ros.encodings import compressed, image
from depth_distill_ros.encodings.image import ImageError, UnknownEncodingError

__all__ = ['ImageError', 'from_array', 'read_array', 'read_depth', 'read_rgb', 'stamp_ns',
           'time_message']


def read_array(message: Image) -> np.ndarray:
    """Return the pixels as they were sent: H×W, or H×W×channels; else ImageError."""
    try:
        return image.read_array(message)
    except UnknownEncodingError as error:
        return _through_cv_bridge(message, 'passthrough', error)


def read_rgb(message: Image | CompressedImage) -> np.ndarray:
    """Return H×W×3 uint8 RGB, whatever colour or grey encoding was sent; else ImageError."""
    if isinstance(message, CompressedImage):
        return compressed.read_rgb(message)
    try:
        return image.read_rgb(message)
    except UnknownEncodingError as error:
        return _through_cv_bridge(message, 'rgb8', error)


def read_depth(message: Image | CompressedImage) -> np.ndarray:
    """Return H×W float32 metres, from 32FC1 as sent, from millimetres with NaN for 0."""
    if isinstance(message, CompressedImage):
        return compressed.read_depth(message)
    return image.read_depth(message)


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


def _through_cv_bridge(message: Image, encoding: str, error: ImageError) -> np.ndarray:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError:
        raise ImageError(f'{error}; install cv_bridge for others') from None
    try:
        return CvBridge().imgmsg_to_cv2(message, encoding)
    except (CvBridgeError, ValueError, KeyError, TypeError, IndexError) as reason:
        raise ImageError(f'{error} and cv_bridge cannot read it either: '
                         f'{" ".join(str(reason).split())}') from None
