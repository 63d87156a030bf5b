# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of ROS bags: mcap, sqlite3 and ROS 1, read without ROS, as far as they are whole."""
