# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""l_BN of D3 (eq. 6 and 7): distance of feature statistics from those that the teacher stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
import copy
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from depth_distill_ros.errors import DepthDistillError

Statistics = dict[str, tuple[Tensor, Tensor]]
"""By layer name, mean and biased variance of its input, one value a channel, float32."""

_CALIBRATE = 'record statistics with depth-distill models calibrate and give their file'


class StatisticsError(DepthDistillError):
    """Feature statistics that cannot be recorded, read, or used with a teacher."""


class FeatureStatistics:
    """
    l_BN = Σ over layers of the teacher of ‖μ - μ_stored‖₂ + ‖σ² - σ²_stored‖₂ (eq. 7).

    μ and the biased σ² are those of the layer's input over batch and space (or tokens). The norms
    are not squared, and no layer is weighted. `stored` defaults to the running statistics of all
    BatchNorm layers. The teacher must be in eval mode.

    With `weight` below 1, μ and σ² are running means over the batches, in which the current one
    has that weight, as BatchNorm made the stored ones: those of a few images scatter. Their
    gradient is that of the current batch, undiminished. state_dict() holds them.

    Raises StatisticsError for a teacher without BatchNorm statistics where none are given.
    """

    def __init__(self, teacher: nn.Module, stored: Statistics | None = None,
                 weight: float = 1.0):
        check_visible(teacher)
        modules = dict(teacher.named_modules())
        stored = batch_norm_statistics(teacher) if stored is None else stored
        self._stored = {modules[name]: statistics for name, statistics in stored.items()}
        self._names = {modules[name]: name for name in stored}
        self._weight, self._running = weight, Statistics()

    @contextmanager
    def recorded(self) -> Iterator[list[Tensor]]:
        """Collect one term a layer from the teacher passes made inside; l_BN is their sum."""
        terms: list[Tensor] = []

        def add_term(layer: nn.Module, value: Tensor) -> None:
            # the teacher may have moved to another device since
            mean, variance = self._stored[layer]
            stored = self._stored[layer] = mean.to(value.device), variance.to(value.device)
            found = self._averaged(self._names[layer], moments(layer, value.float()))
            terms.append(sum((a - b).norm() for a, b in zip(found, stored, strict=True)))

        with inputs_observed(self._stored, add_term):
            yield terms

    def _averaged(self, name: str, found: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        if self._weight == 1:
            return found
        before = self._running.get(name, found)
        mean, variance = (b.detach().to(f.device).lerp(f.detach(), self._weight)
                          for b, f in zip(before, found, strict=True))
        self._running[name] = mean, variance
        return mean + (found[0] - found[0].detach()), variance + (found[1] - found[1].detach())

    def state_dict(self) -> Statistics:
        return {name: (mean.cpu(), variance.cpu())
                for name, (mean, variance) in self._running.items()}

    def load_state_dict(self, state: Statistics) -> None:
        self._running = dict(state)


def batch_norm_layers(teacher: nn.Module) -> list[str]:
    return [name for name, m in teacher.named_modules() if isinstance(m, nn.BatchNorm2d)]


def batch_norm_statistics(teacher: nn.Module) -> Statistics:
    modules = dict(teacher.named_modules())
    stored = {name: (modules[name].running_mean, modules[name].running_var)
              for name in batch_norm_layers(teacher)}
    if not stored:
        raise StatisticsError(
            'the teacher has no BatchNorm layer, so it stores no statistics for G to fit; '
            f'{_CALIBRATE}, or choose another teacher')
    if any(mean is None for mean, _ in stored.values()):
        raise StatisticsError("the teacher's BatchNorm layers keep no running statistics; "
                              f'{_CALIBRATE}')
    return stored


def moments(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return mean and biased variance of a layer's input, one value a channel.

    The channels of B×C×H×W are C. The channels of tokens (B×N×C), and of all inputs of Linear and
    LayerNorm layers, are the last axis.
    """
    last = x.ndim != 4 or isinstance(layer, (nn.Linear, nn.LayerNorm))
    channels = x.ndim - 1 if last else 1
    over = [axis for axis in range(x.ndim) if axis != channels]
    variance, mean = torch.var_mean(x, dim=over, correction=0)
    return mean, variance


@contextmanager
def inputs_observed(layers: Iterable[nn.Module], observe: Callable[[nn.Module, Tensor], None],
                    ) -> Iterator[None]:
    """
    Call `observe` with each layer that runs inside and the first tensor that it is given.

    Passes of other threads, which may prepare the next step, are not observed.
    """
    thread = get_ident()

    def hook(layer: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        if get_ident() != thread:
            return
        for value in (*args, *kwargs.values()):
            if isinstance(value, Tensor):
                observe(layer, value)
                break

    handles = [layer.register_forward_pre_hook(hook, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def check_visible(teacher: nn.Module) -> None:
    """Raise StatisticsError for a teacher on whose layers Python hooks do not work."""
    if any(isinstance(module, torch.jit.ScriptModule) for module in teacher.modules()):
        raise StatisticsError(
            'the features of a TorchScript teacher cannot be read, so G has no statistics to fit; '
            'give the teacher as module:function or hf:..., or distil without G')


def with_own_statistics(network: nn.Module, images: Iterable[Tensor]) -> nn.Module:
    """
    Return a copy of an averaged network with BatchNorm statistics measured on `images`.

    Averaged statistics belong to earlier networks, and D3 fits G to the statistics of a teacher.
    """
    network = copy.deepcopy(network)
    update_bn(images, network)
    return network.eval()
