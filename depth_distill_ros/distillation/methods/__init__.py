# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ways to train, by name, one class each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from depth_distill_ros.choices import METHODS
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.methods.dacnn import DACNNStudent, DACNNTeacher
from depth_distill_ros.distillation.methods.dfad import DFAD
from depth_distill_ros.distillation.methods.kd_ood import KDOOD, RandomNoise
from depth_distill_ros.distillation.methods.lwd import LWD
from depth_distill_ros.distillation.methods.method import Method
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import transformation_network

__all__ = ['Method', 'MethodOptions', 'effective', 'make_method', 'needs_gradient']

# d3plus is d3 with these switches; which of them gave what, docs/DESIGN.md says
_D3PLUS: Mapping[str, Any] = {'augmentation': 1.0}


@dataclass(frozen=True)
class MethodOptions:
    """
    The switches of the methods; each method takes what is its own.

    Attributes
    ----------
    g_form, g_width, g_residual : the transformation network; 'none' distils without one
    alpha, beta, rec_reduction : L_G = alpha * l_BN + beta * l_rec (eq. 8); beta 0: no l_rec
    reading : A: G learns from L_G alone; B: from the student's loss too (eq. 10)
    mixing : what is mixed: classes, instances or none
    augmentation : of D3 and KD-OOD, the strength of augmentation.camera; 0: they stay as they are
    calibration : file of statistics to use in place of those in the teacher's BatchNorm layers
    every_scale : a student with five scales learns at each, not only at the finest
    lam, equation : of LWD
    w_smooth, w_proxy, w_guidance : weights beside L_pixel in the loss of DACNN's student; without
        the last two its teacher is not asked
    guidance_softmax, guidance_reduction : of its guidance term, as in dacnn_losses.l_guidance

    """

    g_form: str = 'paper'
    g_width: float = 1.0
    g_residual: bool = True
    alpha: float = 1e-3
    beta: float = 1e-3
    rec_reduction: str = 'mean'
    reading: str = 'A'
    mixing: str = 'classes'
    augmentation: float = 0.0
    calibration: str = ''
    every_scale: bool = True
    lam: float = 0.1
    equation: int = 1
    w_smooth: float = 0.01
    w_proxy: float = 0.01
    w_guidance: float = 1000.0
    guidance_softmax: str = 'positions'
    guidance_reduction: str = 'mean'


Options = TypeVar('Options', bound=MethodOptions)


def effective(name: str, options: Options) -> Options:
    """Return the options with what the method called `name` sets itself."""
    return replace(options, **_D3PLUS) if name == 'd3plus' else options


def needs_gradient(name: str, options: MethodOptions) -> bool:
    """Return whether the method learns through its teacher, from the picture's gradient."""
    return name == 'dfad' or name in ('d3', 'd3plus') and options.g_form != 'none'


def make_method(name: str, teacher: nn.Module | None, student: nn.Module, compute: Compute,
                size: tuple[int, int], batch: int, options: MethodOptions,
                keep_encoder_statistics: bool = False) -> Method:
    """
    Make the method called `name`, all of it on the device.

    size: (height, width) of the pictures that a method paints itself, `batch` of them a step.
    Raises DepthDistillError for an unknown method, or one whose teacher does not suit.
    """
    if name not in METHODS:
        raise DepthDistillError(f'no method {name!r}; choose one of {", ".join(METHODS)}')
    o, device = effective(name, options), compute.device
    networks = [n.to(device, memory_format=torch.channels_last)
                for n in (teacher, student) if n is not None]
    distilled = {'every_scale': o.every_scale, 'keep_encoder_statistics': keep_encoder_statistics}
    if name in ('d3', 'd3plus'):
        g = None if o.g_form == 'none' else transformation_network(
            o.g_form, o.g_width, o.g_residual).to(device, memory_format=torch.channels_last)
        return D3(*networks, g, compute, o.alpha, o.beta, o.reading, o.mixing, o.rec_reduction,
                  Path(o.calibration) if o.calibration else None,
                  augmentation=o.augmentation, **distilled)
    if name == 'kd-ood':
        return KDOOD(*networks, compute, augmentation=o.augmentation, **distilled)
    if name == 'random-noise':
        return RandomNoise(*networks, compute, size=size, batch=batch, **distilled)
    if name == 'dfad':
        return DFAD(*networks, compute, size, batch, keep_encoder_statistics)
    if name == 'supervised':
        return Supervised(*networks, compute, keep_encoder_statistics)
    if name == 'lwd':
        return LWD(*networks, compute, o.equation, o.lam, **distilled)
    if name == 'dacnn-teacher':
        return DACNNTeacher(*networks, compute)
    return DACNNStudent(*networks, compute, o.w_smooth, o.w_proxy, o.w_guidance,
                        o.guidance_softmax, o.guidance_reduction)
