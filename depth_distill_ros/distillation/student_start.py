# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a student starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.shipped import shipped_start

RANDOM, IMAGENET = 'random', 'imagenet'


def starting_student(network: str, backbone: str, start: str, **options: Any,
                     ) -> tuple[nn.Module, bool]:
    """
    Return a student with a random decoder, and whether its encoder is pretrained.

    start: 'random', 'imagenet' (the published weights, downloaded), the folder of a model with the
    same backbone, or '' for the shipped model, if there is one for the backbone, else random.
    `options` are the network's own.
    """
    if start in (RANDOM, IMAGENET):
        pretrained = start == IMAGENET
        return build(network, backbone, pretrained=pretrained, **options), pretrained
    student = build(network, backbone, **options)
    folder = Path(start) if start else shipped_start(backbone)
    if folder is None:
        return student, False
    model, card = load_model(folder)
    if card.backbone != backbone:
        raise DepthDistillError(
            f'the start {folder} has the backbone {card.backbone} and the student {backbone}; '
            'name a model with the same one')
    student.get_submodule('encoder').load_state_dict(
        model.get_submodule('encoder').state_dict())
    return student, True
