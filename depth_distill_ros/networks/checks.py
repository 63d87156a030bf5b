# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The check of every network's input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError

# Encoders have stride 32.
MINIMUM_SIDE = 32


def check_images(network: nn.Module, x: Tensor) -> None:
    """Raise DepthDistillError unless `x` is B×3×H×W floating point, H and W at least 32."""
    # a trace would warn of each condition; torch.export and torch.compile evaluate them once
    if torch.jit.is_tracing():
        return
    if x.ndim != 4 or x.shape[1] != 3 or not x.is_floating_point():
        raise DepthDistillError(
            f'{type(network).__name__} reads B×3×H×W floating-point images, got {_text(x)}; '
            'make them from RGB uint8 with to_input')
    if x.shape[2] < MINIMUM_SIDE or x.shape[3] < MINIMUM_SIDE:
        raise DepthDistillError(
            f'{type(network).__name__} reads images of at least {MINIMUM_SIDE}×{MINIMUM_SIDE}, '
            f'got {_text(x)}; resize them first')


def _text(x: Tensor) -> str:
    return f'{"×".join(map(str, x.shape))} {x.dtype}'
