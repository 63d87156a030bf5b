# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every node is made of: process, life cycle, parameters, inputs, QoS and diagnostics."""
