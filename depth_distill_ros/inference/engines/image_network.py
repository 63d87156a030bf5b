# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph that every engine runs: a network with the normalisation before it."""

from __future__ import annotations

from inspect import signature

from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.confidence import is_confident
from depth_distill_ros.networks.normalisation import ToInput

INPUT = 'picture'
"""Name of the graph's input; as in ONNX files of earlier versions."""


class ImageNetwork(nn.Module):
    """
    From a 1×H×W×3 uint8 RGB image to 1×1×h×w float32 metres and, if it has one, confidence.

    Attributes:
        outputs: their names, 'depth' or 'depth' and 'confidence'
    Raises:
        DepthDistillError: a network that reads more than one image
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        if len(signature(network.forward).parameters) != 1:
            raise DepthDistillError(f'{type(network).__name__} reads more than one image, an '
                                    'engine has one camera image; use a monocular network')
        self.network, self.to_input = network, ToInput()
        self.outputs = ('depth', 'confidence') if is_confident(network) else ('depth',)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = self.to_input(image.float())  # TensorRT can do nothing else with uint8 than cast it
        network = self.network
        return network.with_confidence(x) if is_confident(network) else (network(x),)
