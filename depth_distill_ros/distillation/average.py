
"""Exponential moving average of a network's weights and BatchNorm statistics."""

from __future__ import annotations

from collections.abc import Iterable
import copy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, update_bn


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """
    Return a moving average of `network`: update_parameters(network) moves it, `module` is it.

    The first update copies the network. The decay of update n is n / (n + 10), at most `decay`, so
    the first random weights are soon forgotten.
    """
    def move(means: list[Tensor], values: list[Tensor], updates: Tensor) -> None:
        n = int(updates) + 1
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, values, 1 - min(decay, n / (n + 10)))
        else:
            torch._foreach_copy_(means, values)

    average = AveragedModel(network, multi_avg_fn=move, use_buffers=True)
    return average.eval().requires_grad_(False)


def with_own_statistics(network: nn.Module, images: Iterable[Tensor]) -> nn.Module:
    """
    Return a copy of an averaged network with BatchNorm statistics measured on `images`.

    Averaged statistics belong to earlier networks, and D3 fits G to the statistics of a teacher.
    """
    network = copy.deepcopy(network)
    update_bn(images, network)
    return network.eval()
