# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms written for other simulators: the same things, poses, sizes and classes in each."""
