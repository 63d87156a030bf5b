# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sources of training batches (stream store, data sets, rendered rooms), and teacher depth."""
