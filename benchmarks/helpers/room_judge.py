# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a network of real rooms is on images that are held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from room_views import pixels
import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.evaluation.evaluated import evaluated
from depth_distill_ros.evaluation.metrics import is_close
from depth_distill_ros.evaluation.protocol import PROTOCOLS
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.networks.normalisation import normalise

Answers = Callable[[list[np.ndarray], tuple[int, int]], Tensor]


class Judge:
    """
    Judges networks on frames with depth, and on photos by a teacher's answers.

    Args:
        answers: the teacher's depth of images at a size (height, width)
    """

    def __init__(self, frames: list[Frame], photos: Sequence[np.ndarray], answers: Answers):
        self._frames, self._photos, self._answers = frames, photos, answers
        self._answered: dict[tuple[int, int], list[Tensor]] = {}  # by size

    def figures(self, network: nn.Module, card: ModelCard, size: tuple[int, int],
                ) -> dict[str, float]:
        """Return delta1, also median-scaled, RMSE, and agreement if there are photos."""
        summary = evaluated(network, card, self._frames, PROTOCOLS['nyu-labelled'],
                            torch.device('cpu'), size=size)
        agreement = {'agreement': self._agreement(network, size)} if self._photos else {}
        return {'delta1': summary['metrics']['delta1'], 'rmse': summary['metrics']['rmse'],
                'delta1_median_scaled': summary['median_scaled']['delta1'], **agreement}

    @torch.no_grad()
    def _agreement(self, network: nn.Module, size: tuple[int, int]) -> float:
        """Return the share of pixels whose depth is within a factor of 1.25 of the answer."""
        if size not in self._answered:
            self._answered[size] = [self._answers([photo], size) for photo in self._photos]
        network.eval()
        shares = []
        for photo, answer in zip(self._photos, self._answered[size], strict=True):
            depth = resized(network(normalise(pixels([photo], size))), size)
            shares.append(float(is_close(depth, answer).float().mean()))
        return float(np.mean(shares))
