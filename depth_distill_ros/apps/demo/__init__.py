# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo: the graph of ``bringup`` as processes, a live view, and a report at the end."""
