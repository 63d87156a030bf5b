# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Normalisation of camera images for the networks, and its inverse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

MEAN = (0.485, 0.456, 0.406)  # of ImageNet: R, G, B from 0 to 1
STD = (0.229, 0.224, 0.225)


def per_channel(values: Sequence[float], x: Tensor) -> Tensor:
    """Return one value a channel as float32 1×C×1×1 on x's device; nothing waits for a GPU."""
    return torch.tensor(values).view(1, -1, 1, 1).to(x.device, non_blocking=True)


def hold(module: nn.Module, **constants: Sequence[float]) -> None:
    """Give a module constants of one value a channel, 1×C×1×1, which move with it."""
    for name, values in constants.items():
        module.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)


def to_input(images: Tensor) -> Tensor:
    """Turn B×H×W×3 uint8 RGB into B×3×H×W float32, ImageNet-normalised, channels-last."""
    return _to_input(images, per_channel(MEAN, images), per_channel(STD, images))


class ToInput(nn.Module):
    """`to_input` of a network that runs as a CUDA graph, which must copy nothing to the GPU."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        hold(self, mean=MEAN, std=STD)

    def forward(self, images: Tensor) -> Tensor:
        return _to_input(images, self.mean, self.std)


def _to_input(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    x = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)
    return (x - mean * 255) / (std * 255)


def normalise(x: Tensor) -> Tensor:
    """Turn B×3×H×W RGB from 0 to 1 into ImageNet-normalised, without clamping."""
    mean, std = (per_channel(v, x) for v in (MEAN, STD))
    return (x - mean) / std


def denormalise(x: Tensor) -> Tensor:
    """Turn B×3×H×W ImageNet-normalised into RGB from 0 to 1, without clamping."""
    mean, std = (per_channel(v, x) for v in (MEAN, STD))
    return x * std + mean


def to_image(x: Tensor) -> Tensor:
    """Turn B×3×H×W ImageNet-normalised into B×H×W×3 uint8 RGB, clamped."""
    mean, std = (per_channel(v, x) * 255 for v in (MEAN, STD))
    return (x.float() * std + mean).clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1)
