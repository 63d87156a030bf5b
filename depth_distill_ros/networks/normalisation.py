# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one step from camera pictures to what networks read."""

from __future__ import annotations

import torch
from torch import Tensor

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def to_input(images: Tensor) -> Tensor:
    """B×H×W×3 uint8 RGB to B×3×H×W float32, ImageNet-normalised, channels-last in memory."""
    x = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)
    mean, std = (x.new_tensor(v).view(1, 3, 1, 1) * 255 for v in (_MEAN, _STD))
    return (x - mean) / std


def normalise(x: Tensor) -> Tensor:
    """B×3×H×W RGB from 0 to 1, unclamped, to ImageNet-normalised."""
    mean, std = (x.new_tensor(v).view(1, 3, 1, 1) for v in (_MEAN, _STD))
    return (x - mean) / std


def denormalise(x: Tensor) -> Tensor:
    """Invert normalise: B×3×H×W ImageNet-normalised to RGB from 0 to 1, unclamped."""
    mean, std = (x.new_tensor(v).view(1, 3, 1, 1) for v in (_MEAN, _STD))
    return x * std + mean


def to_image(x: Tensor) -> Tensor:
    """Invert to_input, clamped to B×H×W×3 uint8 for looking at."""
    mean, std = (x.new_tensor(v).view(1, 3, 1, 1) * 255 for v in (_MEAN, _STD))
    return (x.float() * std + mean).clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1)
