# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""l_BN of D3 (eq. 6): how far a batch's feature statistics are from those a teacher stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError


class BNStatistics:
    """
    Σ over the teacher's BatchNorm layers of ‖μ - μ_running‖₂ + ‖σ² - σ²_running‖₂.

    μ and the biased σ² are those of the layer's input over batch and space. The norms are not
    squared, and no layer is weighted. The teacher must be in eval mode.
    """

    def __init__(self, teacher: nn.Module):
        self._layers = [m for m in teacher.modules() if isinstance(m, nn.BatchNorm2d)]
        if not self._layers:
            raise DepthDistillError(
                'the teacher has no BatchNorm layer, so it stores no statistics for G to fit; '
                'choose a teacher with BatchNorm')

    @contextmanager
    def recorded(self) -> Iterator[list[Tensor]]:
        """Collect one term a layer from the teacher passes made inside."""
        terms: list[Tensor] = []

        def hook(layer: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
            variance, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)
            terms.append((mean - layer.running_mean).norm()
                         + (variance - layer.running_var).norm())

        handles = [layer.register_forward_pre_hook(hook) for layer in self._layers]
        try:
            yield terms
        finally:
            for handle in handles:
                handle.remove()
