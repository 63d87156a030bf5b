# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Furnished rooms from a seed, and a camera that drives through them."""
