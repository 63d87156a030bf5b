# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which items stand for many."""

from __future__ import annotations

import numpy as np


def evenly_spread(length: int, count: int) -> list[int]:
    """Return the indices of at most `count` of `length` items, the first and last among them."""
    return np.linspace(0, length - 1, min(count, length)).round().astype(int).tolist()
