# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Unsupervised adaptation of monocular depth networks to a robot's world (ROS 2)."""

__version__ = '0.1.0'
