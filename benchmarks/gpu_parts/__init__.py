# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of benchmarks/gpu.py; each has run(arguments, results)."""
