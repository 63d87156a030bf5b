# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts depth to sensor_msgs/LaserScan."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import LaserScan

from depth_distill_ros.geometry.scan import Scanner


def laser_scan(scanner: Scanner, depth: np.ndarray, stamp: Time, frame_id: str) -> LaserScan:
    """
    Return the scan of H×W float32 depth.

    `frame_id` is the level frame at the camera (x forward, y left, z up), not the optical one.
    """
    message = LaserScan()
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.angle_min, message.angle_max = scanner.angle_min, scanner.angle_max
    message.angle_increment = scanner.angle_increment
    message.range_min, message.range_max = scanner.limits.range_min, scanner.limits.range_max
    message.ranges.frombytes(scanner(depth).tobytes())
    return message
