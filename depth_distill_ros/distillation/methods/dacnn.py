# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""DACNN: a stereo teacher trained on measured depth, and its monocular student."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED, Batches
from depth_distill_ros.distillation.losses import masked_target, resized, total
from depth_distill_ros.distillation.methods.dacnn_losses import l_guidance, l_pixel, l_smooth
from depth_distill_ros.distillation.methods.method import Update
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.dacnn.dacnn import DACNN, StereoDACNN
from depth_distill_ros.networks.normalisation import denormalise
from depth_distill_ros.settings.distillation import MethodSettings as Default
from depth_distill_ros.settings.names import STEREO


class DACNNTeacher:
    """L_pixel of the stereo network against measured depth."""

    needs = {LABELLED: ('depth', 'right')}

    def __init__(self, student: nn.Module, compute: Compute):
        if not isinstance(student, StereoDACNN):
            raise DepthDistillError(f'dacnn-teacher trains the network {STEREO}, not '
                                    f'{type(student).__name__}')
        self.networks = {'student': student}
        self._compute = compute

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        batch = batches[LABELLED]
        with self._compute.autocast():
            depth = self.networks['student'](batch.x, batch.right)
            loss = l_pixel(depth, *masked_target(batch.depth, depth.shape[-2:]))
            update(loss, 'student')
        return {'loss_student': loss.detach()}


class DACNNStudent:
    """L_pixel + w_smooth·L_smooth + w_proxy·L_proxy + w_guidance·L_guidance."""

    needs = {LABELLED: ('depth', 'right')}

    def __init__(self, teacher: nn.Module, student: nn.Module, compute: Compute,
                 w_smooth: float = Default.w_smooth, w_proxy: float = Default.w_proxy,
                 w_guidance: float = Default.w_guidance,
                 guidance_softmax: str = Default.guidance_softmax,
                 guidance_reduction: str = Default.guidance_reduction):
        if not isinstance(teacher, StereoDACNN) or not isinstance(student, DACNN):
            raise DepthDistillError(
                f'dacnn distils {STEREO} into dacnn, not {type(teacher).__name__} into '
                f'{type(student).__name__}')
        self.teacher = teacher.eval().requires_grad_(False)
        self.networks: dict[str, Any] = {'student': student}
        self._compute = compute
        self._weights = {'l_smooth': w_smooth, 'l_proxy': w_proxy, 'l_guidance': w_guidance}
        self._guidance = guidance_softmax, guidance_reduction

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        batch = batches[LABELLED]
        with self._compute.autocast():
            depth, guidance = self.networks['student'].with_guidance(batch.x)
            losses = {
                'l_pixel': l_pixel(depth, *masked_target(batch.depth, depth.shape[-2:])),
                'l_smooth': l_smooth(depth, denormalise(resized(batch.x, depth.shape[-2:])))}
            if self._weights['l_proxy'] or self._weights['l_guidance']:
                with torch.no_grad():
                    depth_t, guidance_t = self.teacher.with_guidance(batch.x, batch.right)
                losses['l_proxy'] = l_pixel(depth, resized(depth_t, depth.shape[-2:]))
                losses['l_guidance'] = l_guidance(guidance, guidance_t, *self._guidance)
            loss = total(self._weights.get(name, 1.0) * value for name, value in losses.items())
            update(loss, 'student')
        losses['loss_student'] = loss
        return {name: value.detach() for name, value in losses.items()}
