# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builders of single pieces of furniture and of the things that stand on them."""
