# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Losses, mixing, statistics, methods, and the running distillation. Knows no ROS."""
