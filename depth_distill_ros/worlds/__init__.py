# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated rooms: their generator, their renderers and their writers."""
