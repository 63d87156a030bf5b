# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot sees and a run has learned, in the Rerun viewer."""
