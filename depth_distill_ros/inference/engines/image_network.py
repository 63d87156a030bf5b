# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network from the picture's bytes on: what every engine computes for one frame."""

from __future__ import annotations

from inspect import signature

from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.confidence import is_confident
from depth_distill_ros.networks.normalisation import to_input


class PictureNetwork(nn.Module):
    """
    1×H×W×3 uint8 RGB to 1×1×h×w metres, and confidence where the network has it; float32.

    Raises DepthDistillError for a network that reads more than one picture.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        if len(signature(network.forward).parameters) != 1:
            raise DepthDistillError(f'{type(network).__name__} reads more than one picture and an '
                                    'engine gives one; take a network of one view')
        self.network = network
        self.outputs = ('depth', 'confidence') if is_confident(network) else ('depth',)

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        # cast before all else, as TensorRT reads bytes only so
        x = to_input(picture.float())
        return self.network.with_confidence(x) if len(self.outputs) == 2 else (self.network(x),)
