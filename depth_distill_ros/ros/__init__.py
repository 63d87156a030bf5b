# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that knows ROS: nodes, conversions of messages, clients and bring-up."""
