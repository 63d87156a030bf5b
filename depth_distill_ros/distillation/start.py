# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a student starts from."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model import load_model
from depth_distill_ros.shipped import shipped_start

RANDOM, IMAGENET = 'random', 'imagenet'


def starting_student(network: str, backbone: str, start: str) -> nn.Module:
    """
    Make a student.

    start: 'random', 'imagenet' (an encoder with the published weights, downloaded), the folder of
    a model of the same kind, or '' for the shipped one, if there is one of the kind, else random.
    """
    if start in (RANDOM, IMAGENET):
        return build(network, backbone, pretrained=start == IMAGENET)
    folder = Path(start) if start else shipped_start(network, backbone)
    if folder is None:
        return build(network, backbone)
    model, card = load_model(folder)
    if (card.network, card.backbone) != (network, backbone):
        raise DepthDistillError(
            f'the start {folder} is {card.network} {card.backbone} and the student {network} '
            f'{backbone}; name a model of the same kind')
    return model
