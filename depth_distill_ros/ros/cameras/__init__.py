# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the inference node does for each of its cameras, from the image to the published depth."""
