# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded simulator: a MuJoCo renderer and a camera that drives through rooms."""
