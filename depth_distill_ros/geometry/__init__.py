# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera intrinsics, crops and resizes, and what depth values mean."""
