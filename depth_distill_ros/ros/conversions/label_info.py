# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""vision_msgs/LabelInfo, which names the ids of semantic images."""

from __future__ import annotations


def label_info_type() -> type | None:
    """Return vision_msgs/LabelInfo, None if that package is not installed."""
    try:
        from vision_msgs.msg import LabelInfo
    except ImportError:
        return None
    return LabelInfo


def names_by_id(message) -> dict[int, str]:
    """Return the class names of a vision_msgs/LabelInfo."""
    return {entry.class_id: entry.class_name for entry in message.class_map}
