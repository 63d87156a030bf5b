# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Path-traced rooms from seeds: a robot's world that is not the embedded simulator's."""
