# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matches images and depth maps by their times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def matched(first: Sequence[float], second: Sequence[float],
            within: float) -> list[tuple[int, int]]:
    """
    Pair the entries of two lists of times, the nearest first, each used once.

    Args:
        first, second: times in the same unit; ``second`` in rising order
        within: a pair is closer than this
    Returns:
        (index in first, index in second), by the index in first
    """
    centres = np.asarray(first)
    starts, stops = (np.searchsorted(second, centres + offset).tolist()
                     for offset in (-within, within))
    candidates = [(apart, i, j) for i, time in enumerate(first)
                  for j in range(starts[i], stops[i])
                  if (apart := abs(second[j] - time)) < within]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())
