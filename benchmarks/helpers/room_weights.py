# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a network of real rooms starts from, and those that are kept of them."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from torch import nn

from depth_distill_ros.networks import backbones_of, build
from depth_distill_ros.networks.model_folder import ModelCard, load_model
from depth_distill_ros.settings.names import PAPER_SIZE


def starting_network(start: str) -> tuple[nn.Module, ModelCard]:
    """Return that of a model folder, or a lden_light with the ImageNet weights of an encoder."""
    if start in backbones_of('lden_light') and not Path(start).exists():
        network = build('lden_light', start, pretrained=True)
        return network, ModelCard('lden_light', start, PAPER_SIZE)
    return load_model(Path(start))


def between(start: nn.Module, trained: nn.Module, kept: float) -> nn.Module:
    """
    Return a network whose weights are `kept` times those of `start` and the rest `trained`'s.

    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models": it knows what both know.
    """
    network, others = deepcopy(trained), start.state_dict()
    network.load_state_dict({
        name: value.lerp(others[name], kept) if value.is_floating_point() else value
        for name, value in trained.state_dict().items()})
    return network
