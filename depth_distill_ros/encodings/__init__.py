# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of sensor_msgs read by their fields alone: whatever has them will do, no ROS needed."""
