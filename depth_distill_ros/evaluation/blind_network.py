# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The blind map as a network, to be evaluated as the others are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from depth_distill_ros.evaluation.blind_map import BlindMap
from depth_distill_ros.evaluation.protocol import Protocol
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View


class BlindNetwork(nn.Module):
    """
    Maps images, B×3×H×W, to B×1×h×w metres: the map, whatever they show.

    Args:
        blind: the map of whole frames
        protocol: which shows the images to the network
        size: (height, width) of the images
    """

    depth: Tensor

    def __init__(self, blind: BlindMap, protocol: Protocol, size: tuple[int, int]) -> None:
        super().__init__()
        blank = np.zeros((*blind.depth.shape, 3), np.uint8)
        depth = np.asarray(protocol.prepare(Frame(blank, blind.depth)).depth)
        view = View((0, 0, *depth.shape), size) if protocol.whole else View.fit(depth.shape, size)
        self.register_buffer('depth', torch.from_numpy(
            np.ascontiguousarray(view.image(depth), np.float32)))

    def forward(self, x: Tensor) -> Tensor:
        return self.depth.expand(len(x), 1, *self.depth.shape)
