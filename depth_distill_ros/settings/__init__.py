# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of every component, one frozen dataclass each: the only place that states them."""
