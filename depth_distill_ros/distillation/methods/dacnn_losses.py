# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss terms of DACNN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from depth_distill_ros.distillation.losses import mean_over


def l_pixel(depth: Tensor, measured: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean |d - d*| in metres over B×1×H×W, or over a mask (the paper prints it without bars)."""
    error = (depth.float() - measured).abs()
    return error.mean() if mask is None else mean_over(error, mask)


def l_smooth(depth: Tensor, image: Tensor) -> Tensor:
    """
    Mean of |φ_x d| e^(-|φ_x I|) + |φ_y d| e^(-|φ_y I|): forward differences.

    depth: B×1×H×W; image: B×3×H×W from 0 to 1, its gradient the mean over the colours.
    """
    terms = []
    for axis in (2, 3):
        slope = depth.float().diff(dim=axis).abs()
        edge = image.float().diff(dim=axis).abs().mean(1, keepdim=True)
        terms.append((slope * torch.exp(-edge)).mean())
    return terms[0] + terms[1]


def l_guidance(student: Sequence[Tensor], teacher: Sequence[Tensor], softmax: str,
               reduction: str) -> Tensor:
    """
    Σ_k KL(p_k of the teacher ‖ p_k of the student), p = softmax(g), g_k B×G×h×w.

    The paper states neither the axis of the softmax nor the reduction; its weight of 1000 suggests
    a mean over all elements. softmax: over the 'positions' of each channel, or over the 'channels'
    of each position. reduction: 'mean' over all elements; 'sum' over the elements of each
    distribution, then the mean over the distributions.
    """
    total = student[0].new_zeros((), dtype=torch.float32)
    for g_s, g_t in zip(student, teacher, strict=True):
        g_s, g_t = (g.float().flatten(2) for g in (g_s, g_t.detach()))
        axis = 2 if softmax == 'positions' else 1
        log_t, log_s = g_t.log_softmax(axis), g_s.log_softmax(axis)
        terms = log_t.exp() * (log_t - log_s)
        total = total + (terms.mean() if reduction == 'mean' else terms.sum(axis).mean())
    return total
