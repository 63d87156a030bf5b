# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Converts points to sensor_msgs/PointCloud2.

sensor_msgs_py is not used: its ``create_cloud`` takes structured points and copies them once more,
and the clouds that are read here are the package's own.
"""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from depth_distill_ros.errors import DepthDistillError


def organised_cloud(points: np.ndarray, stamp: Time, frame_id: str,
                    rgb: np.ndarray | None = None) -> PointCloud2:
    """
    Return a cloud with the rows and columns of H×W×3 float32 points, NaN invalid.

    `rgb` is the image on the same pixels, H×W×3 uint8.
    """
    return _cloud(points, rgb, stamp, frame_id, is_dense=False)


def cloud(points: np.ndarray, stamp: Time, frame_id: str, rgb: np.ndarray | None = None,
          ) -> PointCloud2:
    """Return a cloud of one row of N×3 float32 points; `rgb` is N×3 uint8."""
    return _cloud(points[None], None if rgb is None else rgb[None], stamp, frame_id, is_dense=True)


def points_of(message: PointCloud2) -> np.ndarray:
    """Return the points of a cloud of this package that are there, N×3 float32 metres."""
    values = np.frombuffer(memoryview(message.data), np.float32)
    points = values.reshape(-1, message.point_step // 4)[:, :3]
    return points[np.isfinite(points[:, 2])]


def _cloud(points: np.ndarray, rgb: np.ndarray | None, stamp: Time, frame_id: str,
           is_dense: bool) -> PointCloud2:
    message = PointCloud2()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.height, message.width = points.shape[:2]
    names = ('x', 'y', 'z') if rgb is None else ('x', 'y', 'z', 'rgb')
    message.fields = [PointField(name=name, offset=4 * k, datatype=PointField.FLOAT32, count=1)
                      for k, name in enumerate(names)]
    message.point_step = 4 * len(names)
    message.row_step = message.point_step * message.width
    message.is_dense = is_dense
    if rgb is not None:
        points = _coloured(points, rgb)
    # Copies once; the setter of ``data`` would also check every byte.
    message.data.frombytes(np.ascontiguousarray(points).ravel().view(np.uint8))
    return message


def _coloured(points: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Return H×W×4: each point and its colour as in PCL, the bits of an integer in a float."""
    if rgb.shape != points.shape or rgb.dtype != np.uint8:
        raise DepthDistillError(f'point cloud: colours of {rgb.dtype} and shape {rgb.shape}, '
                                f'expected uint8 and {points.shape}')
    coloured = np.empty((*points.shape[:2], 4), np.float32)
    coloured[..., :3] = points
    colour = coloured.view(np.uint32)[..., 3]
    np.left_shift(rgb[..., 0], np.uint32(16), out=colour, dtype=np.uint32)
    colour |= rgb[..., 1].astype(np.uint32) << np.uint32(8)
    colour |= rgb[..., 2]
    return coloured
