# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Methods, their losses and batches, online and offline training, releases. Without ROS."""
