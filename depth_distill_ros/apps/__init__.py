# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command line, the demo and the benchmarks: what people run."""
