# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The closed loop: a robot with one camera drives through simulated rooms by the node's clouds."""
