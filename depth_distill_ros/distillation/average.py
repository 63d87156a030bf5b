# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exponential moving average of a network's weights and BatchNorm statistics."""

from __future__ import annotations

from collections.abc import Iterable
import copy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn


class AveragedNetwork:
    """`network` averaged over its updates; early on over all of them, so it starts unbiased."""

    def __init__(self, network: nn.Module, decay: float):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.updates += 1
        weight = 1 - min(self.decay, self.updates / (self.updates + 10))
        source = network.state_dict()
        for name, mean in self.network.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(source[name], weight)
            else:
                mean.copy_(source[name])

    def state_dict(self) -> dict:
        return {'network': self.network.state_dict(), 'updates': self.updates}

    def load_state_dict(self, state: dict) -> None:
        self.network.load_state_dict(state['network'])
        self.updates = state['updates']


def with_own_statistics(network: nn.Module, pictures: Iterable[Tensor]) -> nn.Module:
    """
    Return an averaged network with BatchNorm statistics of its own, measured on `pictures`.

    Those that were averaged along the way are the statistics of networks that it no longer is,
    and D3 fits G to a teacher's.
    """
    network = copy.deepcopy(network)
    update_bn(pictures, network)
    return network.eval()
