# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth of pictures larger than a network was trained with: overlapping windows (DACNN)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from depth_distill_ros.networks.blocks import resize


def positions(length: int, window: int) -> list[int]:
    """Return where windows begin along a side: every half window, the last one at its end."""
    if length <= window:
        return [0]
    step = window // 2
    return [*range(0, length - window, step), length - window]


def sliding_window(network: Callable[..., Tensor], *pictures: Tensor,
                   window: tuple[int, int] = (256, 512)) -> Tensor:
    """
    Return B×1×H×W metres of B×3×H×W normalised pictures, the mean where windows overlap.

    pictures: one, or the views of a stereo pair, which are cut alike. Each window's depth is
    brought to the window's size. A picture smaller than the window is continued at its right and
    lower edge (by its last row and column), and the depth of that is cut off again.
    """
    height, width = pictures[0].shape[-2:]
    missing = (0, max(0, window[1] - width), 0, max(0, window[0] - height))
    whole = [pad(p, missing, mode='replicate') for p in pictures]
    rows, columns = (positions(side, w) for side, w in zip(
        whole[0].shape[-2:], window, strict=True))
    total = whole[0].new_zeros(len(whole[0]), 1, *whole[0].shape[-2:], dtype=torch.float32)
    count = torch.zeros_like(total)
    for row in rows:
        for column in columns:
            part = (..., slice(row, row + window[0]), slice(column, column + window[1]))
            total[part] += resize(network(*(p[part] for p in whole)).float(), window)
            count[part] += 1
    return (total / count)[..., :height, :width]
