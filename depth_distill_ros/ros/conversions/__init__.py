# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts ROS messages to numpy arrays and intrinsics, and back."""
