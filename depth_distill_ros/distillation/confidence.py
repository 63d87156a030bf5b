# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The confidence head of a student, trained on frames that the student is not trained on."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.release_choice import TeacherTargets
from depth_distill_ros.evaluation.metrics import is_close
from depth_distill_ros.networks.confidence import ConfidenceHead, ConfidentNetwork

_LR = 3e-3


class ConfidenceTraining:
    """
    Trains a confidence head for `student`, a network in eval mode that stays unchanged.

    The target is whether the student's depth is within a factor of 1.25 of the teacher's, so the
    confidence is a probability and a threshold on it has a meaning.
    """

    def __init__(self, student: ConfidentNetwork, compute: Compute):
        self._student, self._compute = student, compute
        last: Any = student.head[-1]
        self.head = ConfidenceHead(last.in_channels).to(compute.device)
        self._optimizer = torch.optim.Adam(self.head.parameters(), _LR)

    def step(self, targets: TeacherTargets) -> Tensor:
        """Make one update; return the loss, on the device."""
        loss = torch.stack([self._loss(*part) for part in targets]).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _loss(self, images: Tensor, teacher_depth: Tensor) -> Tensor:
        with self._compute.autocast(), torch.no_grad():
            features = self._student.features(images)
            depth = self._student.head[-1](features)
        target = resized(teacher_depth, depth.shape[-2:])
        right = is_close(depth, target) & (depth > 0) & (target > 0)
        return binary_cross_entropy_with_logits(self.head(features.float()), right.float())

    def confident(self) -> nn.Module:
        """Return a copy of the student with a copy of the head."""
        network = copy.deepcopy(self._student)
        network.confidence = copy.deepcopy(self.head).eval().requires_grad_(False)
        return network

    def state_dict(self) -> dict[str, Any]:
        return {'head': self.head.state_dict(), 'optimizer': self._optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.head.load_state_dict(state['head'])
        self._optimizer.load_state_dict(state['optimizer'])
