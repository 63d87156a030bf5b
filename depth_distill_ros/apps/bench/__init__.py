# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The papers' tables as runs: which rows a table has, the data they need, and their figures."""
