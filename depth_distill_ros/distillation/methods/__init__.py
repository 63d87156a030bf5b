# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The methods, by name, one class each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from depth_distill_ros.distillation.augmentation import Augmentation
from depth_distill_ros.distillation.calibration import load_calibration
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.methods.dacnn import DACNNStudent, DACNNTeacher
from depth_distill_ros.distillation.methods.dfad import DFAD
from depth_distill_ros.distillation.methods.kd_ood import KDOOD, RandomNoise
from depth_distill_ros.distillation.methods.lwd import LWD
from depth_distill_ros.distillation.methods.method import Method
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import TRANSFORMATIONS
from depth_distill_ros.settings.distillation import StreamMethodSettings
from depth_distill_ros.settings.names import METHODS

__all__ = ['Method', 'effective', 'make_method', 'needs_gradient']

# d3plus is d3 with these switches; docs/MEASUREMENTS.md has their effect
_D3PLUS: Mapping[str, Any] = {'augmentation': 1.0, 'augmentation_after': 0}

Switches = TypeVar('Switches', bound=StreamMethodSettings)


def effective(name: str, options: Switches) -> Switches:
    """Return the options as the method called `name` uses them."""
    return replace(options, **_D3PLUS) if name == 'd3plus' else options


def needs_gradient(name: str, options: StreamMethodSettings) -> bool:
    """Return whether the method needs the gradient of the teacher depth by the image."""
    return name == 'dfad' or name in ('d3', 'd3plus') and options.g_form != 'none'


def make_method(name: str, teacher: nn.Module | None, student: nn.Module, compute: Compute,
                size: tuple[int, int], batch: int, options: StreamMethodSettings) -> Method:
    """
    Make the method called `name`, all of it on the device.

    A method that generates its own images makes `batch` of them a step, of `size` (height, width).
    Raises DepthDistillError for an unknown method, or a teacher that does not suit the method.
    """
    o: Any = effective(name, options)  # those of the method: further fields than a stream's
    device = compute.device
    n_t: Any = None
    if teacher is not None:
        n_t = teacher.to(device).to(memory_format=torch.channels_last)
    n_s: Any = student.to(device).to(memory_format=torch.channels_last)
    if name in ('d3', 'd3plus'):
        g, calibration = None, None
        if o.g_form != 'none':
            g = TRANSFORMATIONS[o.g_form](o.g_width, o.g_residual, o.g_bound).to(
                device).to(memory_format=torch.channels_last)
            calibration = load_calibration(
                Path(o.calibration), n_t) if o.calibration else None
        return D3(n_t, n_s, g, compute, o, calibration)
    if name == 'kd-ood':
        return KDOOD(n_t, n_s, compute, o.every_scale,
                     Augmentation(o.augmentation, o.augmentation_after))
    if name == 'random-noise':
        return RandomNoise(n_t, n_s, compute, size, batch, o.every_scale)
    if name == 'dfad':
        return DFAD(n_t, n_s, compute, size, batch)
    if name == 'supervised':
        return Supervised(n_s, compute)
    if name == 'lwd':
        return LWD(n_t, n_s, compute, o.equation, o.kd_weight, o.every_scale)
    if name == 'dacnn-teacher':
        return DACNNTeacher(n_s, compute)
    if name == 'dacnn':
        return DACNNStudent(n_t, n_s, compute, o.w_smooth, o.w_proxy, o.w_guidance,
                            o.guidance_softmax, o.guidance_reduction)
    raise DepthDistillError(f'no method {name!r}; choose one of {", ".join(METHODS)}')
