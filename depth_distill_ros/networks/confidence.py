# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A second, small head of a student: how sure it is of each pixel's depth."""

from __future__ import annotations

from torch import Tensor, nn


class ConfidenceHead(nn.Module):
    """
    What a network's last convolution reads, B×C×h×w, to B×1×h×w logits.

    Their sigmoid is the probability that the depth of that pixel is within a factor of 1.25 of the
    teacher's. Some 20 MMAC at 114×152 and 64 channels: next to nothing beside the network.
    """

    def __init__(self, channels: int):
        super().__init__()
        # normalised first: features of one network are a hundred times another's
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Conv2d(channels, 16, 1), nn.ReLU(inplace=True),
            nn.Conv2d(16, 1, 3, padding=1))

    def forward(self, features: Tensor) -> Tensor:
        return self.body(features)


class ConfidentNetwork(nn.Module):
    """
    A network that ends in one convolution, `head[-1]`, and may have a ConfidenceHead before it.

    Subclasses have `features(x)`, what that convolution reads, and `confidence`, None where the
    network says nothing of the kind.
    """

    head: nn.Sequential
    confidence: ConfidenceHead | None

    def forward(self, x: Tensor) -> Tensor:
        return self.head[-1](self.features(x))

    def with_confidence(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return depth, B×1×h×w metres, and confidence, B×1×h×w from 0 to 1."""
        features = self.features(x)
        return self.head[-1](features), self.confidence(features).sigmoid()


def is_confident(network: nn.Module) -> bool:
    """Tell whether a network, of any kind, has a ConfidenceHead."""
    return getattr(network, 'confidence', None) is not None
