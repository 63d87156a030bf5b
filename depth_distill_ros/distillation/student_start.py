# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a student starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build, imagenet_is_installed
from depth_distill_ros.networks.confidence import ConfidentNetwork
from depth_distill_ros.networks.model_folder import load_model, read_card
from depth_distill_ros.settings.names import FIRST_STUDENTS
from depth_distill_ros.shipped import shipped_start, shipped_student

RANDOM, IMAGENET = 'random', 'imagenet'
WHOLE = 'whole:'
_RATE, _FINE_TUNING_RATE = 1e-3, 1e-4


class Start(NamedTuple):
    """
    A student, and what it starts from.

    Attributes:
        source: 'random', 'imagenet' or the folder of a model
        whole: whether the decoder, too, has the weights of that model; a new one is random
    """

    student: nn.Module
    source: str
    whole: bool = False

    @property
    def learning_rate(self) -> float:
        """
        The rate of an online training that starts from it.

        Any whole model but the general student may have seen real rooms, which it forgets at the
        higher rate (docs/MEASUREMENTS.md, the student of real rooms on a robot).
        """
        general = cast(Path, shipped_student('general'))
        knows = self.whole and Path(self.source).resolve() != general.resolve()
        return _FINE_TUNING_RATE if knows else _RATE

    @property
    def frozen_batch_norm(self) -> nn.Module | None:
        """
        The part that is trained with frozen BatchNorm statistics; None: no part.

        It is all that has the weights of a model: the statistics of small batches, most of them
        simulated, would replace those of the images that it knows. The published ImageNet weights
        are trained with the statistics of the batches, as in the papers.
        """
        if self.source in (RANDOM, IMAGENET):
            return None
        return self.student if self.whole else self.student.get_submodule('encoder')


def starting_student(network: str, backbone: str, start: str, first: str = FIRST_STUDENTS[0],
                     **options: Any) -> Start:
    """
    Build the student that a training starts from.

    start: 'random'; 'imagenet' (the published weights of the encoder, downloaded where no package
    has them); the folder of a model with the same backbone, whose encoder is taken; whole:FOLDER,
    a model of the same network, of which all is taken; or '' for the first of these that there is:
    the whole of the shipped student `first`, the encoder of a shipped model, installed ImageNet
    weights, random ones. `options` are the network's own.
    """
    source = start or _best_start(network, backbone, options, first)
    if source in (RANDOM, IMAGENET):
        return Start(build(network, backbone, pretrained=source == IMAGENET, **options), source)
    folder = source.removeprefix(WHOLE)
    model, card = load_model(Path(folder))
    if card.backbone != backbone:
        raise DepthDistillError(
            f'the start {folder} has the backbone {card.backbone} and the student {backbone}; '
            'name a model with the same one')
    if source.startswith(WHOLE):
        if (card.network, card.options) != (network, options):
            raise DepthDistillError(
                f'the start {folder} is {card.network} {card.options or ""} and the student '
                f'{network} {options or ""}; give the folder without {WHOLE} for its encoder')
        return Start(model, folder, whole=True)
    student = build(network, backbone, **options)
    student.get_submodule('encoder').load_state_dict(
        model.get_submodule('encoder').state_dict())
    return Start(student, folder)


@torch.no_grad()
def begin_with_the_median(student: nn.Module, depth: Tensor) -> None:
    """Let a new decoder predict the median of these metres, which takes it many steps to find."""
    if isinstance(student, ConfidentNetwork):
        last: Any = student.head[-1]
        last.bias.fill_(depth.median())


def _best_start(network: str, backbone: str, options: dict[str, Any], first: str) -> str:
    if folder := shipped_student(first):
        card = read_card(folder)
        if (network, backbone, options) == (card.network, card.backbone, card.options):
            return f'{WHOLE}{folder}'
    shipped = shipped_start(backbone)
    if shipped:
        return str(shipped)
    return IMAGENET if imagenet_is_installed(backbone) else RANDOM
