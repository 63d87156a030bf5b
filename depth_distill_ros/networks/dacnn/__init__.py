# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""DACNN, its depth-aware convolution and its other parts."""
