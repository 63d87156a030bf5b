# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Converts sensor_msgs/Image and CompressedImage to numpy and back.

``encodings`` decodes them; encodings that it does not know are decoded by cv_bridge if that is
installed.
"""

from __future__ import annotations

from array import array

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from depth_distill_ros.encodings import compressed, image
from depth_distill_ros.encodings.image import ImageError, UnknownEncodingError, stamp_ns
from depth_distill_ros.errors import one_line

__all__ = ['ImageError', 'PixelBuffer', 'compressed_depth', 'from_array', 'read_array',
           'read_depth', 'read_rgb', 'stamp_ns', 'time_message']


def read_array(message: Image) -> np.ndarray:
    """Return the pixels as sent, H×W or H×W×channels; ImageError if they cannot be read."""
    try:
        return image.read_array(message)
    except UnknownEncodingError as error:
        return _through_cv_bridge(message, 'passthrough', error)


def read_rgb(message: Image | CompressedImage) -> np.ndarray:
    """Return H×W×3 uint8 RGB of any colour or grey encoding; ImageError if it cannot be read."""
    if isinstance(message, CompressedImage):
        return compressed.read_rgb(message)
    try:
        return image.read_rgb(message)
    except UnknownEncodingError as error:
        return _through_cv_bridge(message, 'rgb8', error)


def read_depth(message: Image | CompressedImage) -> np.ndarray:
    """Return H×W float32 metres, NaN invalid: 32FC1 as sent, 16 bits as millimetres, 0 as NaN."""
    if isinstance(message, CompressedImage):
        return compressed.read_depth(message)
    return image.read_depth(message)


def from_array(pixels: np.ndarray, encoding: str, stamp: Time, frame_id: str) -> Image:
    """
    Return a message with the pixels of an H×W or H×W×channels array.

    ``frombytes`` on the message's own array copies only once.
    """
    message = _without_pixels(pixels, encoding, stamp, frame_id)
    message.data.frombytes(memoryview(np.ascontiguousarray(pixels)).cast('B'))
    return message


class PixelBuffer:
    """
    Memory in which the pixels of message after message are made, each without a copy.

    Publishing a message reads the memory before it returns, so that it may be written again then.

    Attributes:
        array: H×W or H×W×channels, to be written
    """

    def __init__(self, shape: tuple[int, ...], dtype: type) -> None:
        self._data = array('B', bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize))
        self.array = np.frombuffer(self._data, dtype).reshape(shape)

    def message(self, encoding: str, stamp: Time, frame_id: str) -> Image:
        """Return a message of the pixels; it changes when they do."""
        message = _without_pixels(self.array, encoding, stamp, frame_id)
        message.data = self._data
        return message


def compressed_depth(pixels: np.ndarray, encoding: str, stamp: Time, frame_id: str,
                     ) -> CompressedImage:
    """Return the message that image_transport's compressedDepth reads; see ``write_depth``."""
    message = CompressedImage()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.format, data = compressed.write_depth(pixels, encoding)
    message.data.frombytes(data)
    return message


def time_message(stamp: int) -> Time:
    """Return nanoseconds as a Time message."""
    return Time(sec=stamp // 1_000_000_000, nanosec=stamp % 1_000_000_000)


def _without_pixels(pixels: np.ndarray, encoding: str, stamp: Time, frame_id: str) -> Image:
    message = Image()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.height, message.width = pixels.shape[:2]
    message.encoding = encoding
    message.step = pixels.itemsize * (pixels.size // pixels.shape[0])
    return message


def _through_cv_bridge(message: Image, encoding: str, error: ImageError) -> np.ndarray:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError:
        raise ImageError(f'{error}; install cv_bridge for others') from None
    try:
        return CvBridge().imgmsg_to_cv2(message, encoding)
    except (CvBridgeError, ValueError, KeyError, TypeError, IndexError) as reason:
        raise ImageError(f'{error} and cv_bridge cannot read it either: '
                         f'{one_line(reason)}') from None
