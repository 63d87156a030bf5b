# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth of images larger than those a network was trained on: overlapping windows (DACNN)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from depth_distill_ros.networks.blocks import resize


def positions(length: int, window: int) -> list[int]:
    """Return the starts of the windows along a side: every half window, the last at its end."""
    if length <= window:
        return [0]
    return [*range(0, length - window, window // 2), length - window]


def sliding_window(network: Callable[..., Tensor], *images: Tensor,
                   window: tuple[int, int] = (256, 512)) -> Tensor:
    """
    Return the depth of images of any size, the mean where windows overlap.

    Args:
        network: from as many B×3×h×w images as are given to B×1×h'×w' metres, which are resized to
            the window
        images: B×3×H×W normalised; the one image, or both of a stereo pair. An image smaller than
            the window is extended by its last row and column
        window: (height, width), pixels
    Returns:
        B×1×H×W float32 metres
    """
    height, width = images[0].shape[-2:]
    missing = (0, max(0, window[1] - width), 0, max(0, window[0] - height))
    whole = [pad(image, missing, mode='replicate') for image in images]
    total = whole[0].new_zeros(len(whole[0]), 1, *whole[0].shape[-2:], dtype=torch.float32)
    count = torch.zeros_like(total)
    for row in positions(total.shape[-2], window[0]):
        for column in positions(total.shape[-1], window[1]):
            part = (..., slice(row, row + window[0]), slice(column, column + window[1]))
            total[part] += resize(network(*(image[part] for image in whole)).float(), window)
            count[part] += 1
    return (total / count)[..., :height, :width]
