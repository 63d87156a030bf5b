# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engines that run a student, one file each, and the ONNX export."""
