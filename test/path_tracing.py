# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tests need that path-trace."""

import platform

import pytest

needs_path_tracing = pytest.mark.skipif(platform.machine() != 'x86_64', reason=(
    'Open Image Denoise comes as a wheel for x86-64 alone'))
