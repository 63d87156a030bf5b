# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 nodes: parameters, topics, life cycle and threads; the work is done elsewhere."""
