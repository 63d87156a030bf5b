# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Pictures, depth, classes and cameras from messages of sensor_msgs, by their fields alone.

It takes whatever has the fields, so it needs no ROS. Row padding (``step``) and byte order
(``is_bigendian``) are honoured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from depth_distill_ros.datasets.files import decode
from depth_distill_ros.datasets.sample import DatasetError
from depth_distill_ros.geometry.depth import millimetres_to_metres
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream import semantics as class_maps

_LAYOUT = {  # encoding: (type of one value, values per pixel)
    'rgb8': (np.uint8, 3), 'bgr8': (np.uint8, 3), 'rgba8': (np.uint8, 4), 'bgra8': (np.uint8, 4),
    'mono8': (np.uint8, 1), '8UC1': (np.uint8, 1), 'mono16': (np.uint16, 1),
    '16UC1': (np.uint16, 1), '32SC1': (np.int32, 1), '32FC1': (np.float32, 1),
}
_TO_RGB = {'rgb8': slice(None), 'bgr8': slice(None, None, -1), 'rgba8': slice(3),
           'bgra8': slice(2, None, -1)}

COLOUR = tuple(_TO_RGB)
GREY = ('mono8', '8UC1')
DEPTH = ('32FC1', '16UC1', 'mono16')


def pixels(message: Any) -> np.ndarray:
    """Return an Image's values as sent, H×W or H×W×channels; DatasetError if it is no image."""
    if message.encoding not in _LAYOUT:
        raise DatasetError(f'image encoding "{message.encoding}" is not one of '
                           f'{", ".join(_LAYOUT)}')
    dtype, channels = np.dtype(_LAYOUT[message.encoding][0]), _LAYOUT[message.encoding][1]
    height, width, step = message.height, message.width, message.step
    row = width * channels * dtype.itemsize
    data = np.frombuffer(message.data, np.uint8)
    if not height or not width or step < row or len(data) < step * (height - 1) + row:
        raise DatasetError(f'image {message.encoding} {height}x{width} with rows of {step} bytes '
                           f'holds {len(data)} bytes: it is filled wrongly or cut off')
    shape, strides = (height, width), (step, dtype.itemsize * channels)
    if channels > 1:
        shape, strides = (*shape, channels), (*strides, dtype.itemsize)
    sent = dtype.newbyteorder('>' if message.is_bigendian else '<')
    return np.ndarray(shape, sent, buffer=data, strides=strides).astype(dtype, copy=False)


def colour(message: Any) -> np.ndarray:
    """Return H×W×3 uint8 RGB of an Image or a CompressedImage, grey ones too."""
    if not hasattr(message, 'encoding'):
        return cv2.cvtColor(decode(bytes(message.data), cv2.IMREAD_COLOR, 'compressed image'),
                            cv2.COLOR_BGR2RGB)
    if message.encoding in _TO_RGB:
        return np.ascontiguousarray(pixels(message)[..., _TO_RGB[message.encoding]])
    if message.encoding in GREY:
        return np.repeat(pixels(message)[..., None], 3, axis=2)
    raise DatasetError(f'image {message.encoding} is no colour picture')


def depth(message: Any) -> np.ndarray:
    """Return H×W float32 metres, NaN invalid, of an Image in 32FC1 (m) or 16UC1 (mm)."""
    if message.encoding == '32FC1':
        values = np.array(pixels(message))
        values[~(np.isfinite(values) & (values > 0))] = np.nan
        return values
    if message.encoding in DEPTH:
        return millimetres_to_metres(pixels(message))
    raise DatasetError(f'image {message.encoding} is no depth: expected {", ".join(DEPTH)}')


def semantics(message: Any) -> np.ndarray:
    """Return H×W uint8 NYU-13 ids of an Image whose values are ids."""
    return np.ascontiguousarray(class_maps.decode(pixels(message), message.encoding))


def camera(message: Any) -> Intrinsics:
    """Return the camera that a CameraInfo describes, after its ROI and binning."""
    roi, k = message.roi, message.k
    if k[0] <= 0 or not message.height:
        raise DatasetError('camera_info is not calibrated (its focal length or size is 0)')
    rows, columns = roi.height or message.height, roi.width or message.width
    full = Intrinsics(k[0], k[4], k[2] - roi.x_offset, k[5] - roi.y_offset, rows, columns)
    bx, by = max(1, message.binning_x), max(1, message.binning_y)
    return replace(full, fx=full.fx / bx, fy=full.fy / by, cx=(full.cx + 0.5) / bx - 0.5,
                   cy=(full.cy + 0.5) / by - 0.5, height=rows // by, width=columns // bx)
