# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera intrinsics, crops and resizes, depth conventions, point clouds and scans."""
