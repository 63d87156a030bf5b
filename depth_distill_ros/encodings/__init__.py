# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of sensor_msgs by their fields: they need no ROS, and any object with them will do."""
