# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a camera that looks down, for TF."""

from __future__ import annotations

import math

from depth_distill_ros.ros.bringup import NodeSpec
from depth_distill_ros.settings.launch import Nav2Launch


def transforms(arguments: Nav2Launch, inference: NodeSpec) -> list[list[str]]:
    """
    Return the arguments of a tf2_ros static_transform_publisher for each transform.

    The level frame is at the camera and turned like base_frame: the scan is in it. The optical
    frame is below it in the tree, pitched and rolled like the camera.
    """
    level = inference.value('scan_frame')
    return [
        _words(arguments.base_frame, level, arguments.camera_x, arguments.camera_y,
               inference.value('camera_height')),
        _words(level, arguments.camera_frame, rotation=optical_quaternion(
            math.radians(inference.value('camera_pitch')),
            math.radians(inference.value('camera_roll'))))]


def optical_quaternion(pitch: float, roll: float) -> tuple[float, float, float, float]:
    """
    Return the rotation (x, y, z, w) of an optical frame in the level frame at the camera.

    Args:
        pitch: radians, positive looks down
        roll: radians about the optical axis, positive lowers the camera's right side
    """
    turned = _times((0.0, math.sin(pitch / 2), 0.0, math.cos(pitch / 2)),
                    (math.sin(roll / 2), 0.0, 0.0, math.cos(roll / 2)))
    # REP 103: x of the optical frame is right, y down, z ahead
    return _times(turned, (-0.5, 0.5, -0.5, 0.5))


def _times(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float, float]:
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz)


def _words(parent: str, child: str, x: float = 0.0, y: float = 0.0, z: float = 0.0,
           rotation: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)) -> list[str]:
    values = {'x': x, 'y': y, 'z': z, **dict(zip(('qx', 'qy', 'qz', 'qw'), rotation, strict=True))}
    return [*(word for name, value in values.items() for word in (f'--{name}', f'{value:.9f}')),
            '--frame-id', parent, '--child-frame-id', child]
