# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes are made of: life cycle, parameters, QoS, diagnostics, and larger parts."""
