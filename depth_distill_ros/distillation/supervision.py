# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H between whatever a network puts out and a depth to learn."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from depth_distill_ros.distillation.losses import loss_h, masked_target, resized


def outputs(network: nn.Module, x: Tensor, every_scale: bool = True) -> list[Tensor]:
    """Return the depth maps that are trained, coarse to fine: SARPN's five, else the one."""
    return network.scales(x) if every_scale and hasattr(network, 'scales') else [network(x)]


def taught_loss(maps: Sequence[Tensor], taught: Tensor) -> Tensor:
    """Σ H over a student's maps; the teacher's dense B×1×h×w metres are brought to each size."""
    return sum(loss_h(depth, resized(taught, depth.shape[-2:])) for depth in maps)


def measured_loss(maps: Sequence[Tensor], depth: Tensor) -> Tensor:
    """Σ H over a network's maps; measured B×1×h×w metres may have holes."""
    return sum(loss_h(m, *masked_target(depth, m.shape[-2:])) for m in maps)
