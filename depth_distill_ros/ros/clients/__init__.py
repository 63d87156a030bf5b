# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small nodes that commands use to watch or to feed a running graph."""
