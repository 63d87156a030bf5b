# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a student starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build, imagenet_is_installed
from depth_distill_ros.networks.confidence import ConfidentNetwork
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.shipped import shipped_start

RANDOM, IMAGENET = 'random', 'imagenet'


class Start(NamedTuple):
    """
    A student with a random decoder, and what its encoder starts from.

    `source` is 'random', 'imagenet' or the folder of a model.
    """

    student: nn.Module
    source: str

    @property
    def keeps_statistics(self) -> bool:
        """
        Whether the encoder is trained with the BatchNorm statistics that it starts with.

        The published ImageNet weights are trained on with their own, as in the papers.
        """
        return self.source not in (RANDOM, IMAGENET)


def starting_student(network: str, backbone: str, start: str, **options: Any) -> Start:
    """
    Build a student whose encoder starts from `start`.

    start: 'random', 'imagenet' (the published weights, downloaded where no package has them), the
    folder of a model with the same backbone, or '' for the first of these that there is: the
    shipped model of the backbone, installed ImageNet weights, random ones. `options` are the
    network's own.
    """
    source = start or _best_start(backbone)
    if source in (RANDOM, IMAGENET):
        return Start(build(network, backbone, pretrained=source == IMAGENET, **options), source)
    model, card = load_model(Path(source))
    if card.backbone != backbone:
        raise DepthDistillError(
            f'the start {source} has the backbone {card.backbone} and the student {backbone}; '
            'name a model with the same one')
    student = build(network, backbone, **options)
    student.get_submodule('encoder').load_state_dict(
        model.get_submodule('encoder').state_dict())
    return Start(student, source)


@torch.no_grad()
def begin_with_the_median(student: nn.Module, depth: Tensor) -> None:
    """Let a new decoder predict the median of these metres, which takes it many steps to find."""
    if isinstance(student, ConfidentNetwork):
        last: Any = student.head[-1]
        last.bias.fill_(depth.median())


def _best_start(backbone: str) -> str:
    shipped = shipped_start(backbone)
    if shipped:
        return str(shipped)
    return IMAGENET if imagenet_is_installed(backbone) else RANDOM
